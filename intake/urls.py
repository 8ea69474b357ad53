from django.urls import path

from intake.views import mailboxes, mails

urlpatterns = [
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.new_mailbox, name="mailbox-new"),
    path("settings/mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/use/", mailboxes.use, name="mailbox-use"),
    path("desk/mail/", mails.mails, name="mails-in"),
    path("desk/mail/act/", mails.act, name="mails-in-act"),
    path("desk/mail/<int:pk>/", mails.mail, name="mail-in"),
    path("desk/mail/<int:pk>/judge/", mails.judge, name="mail-in-judge"),
    path("desk/mail/<int:pk>/raw/", mails.raw, name="mail-in-raw"),
    path("tickets/<str:number>/mails/<int:pk>/", mails.original, name="mail-original"),
]

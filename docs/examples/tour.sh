#!/bin/sh
# The ten-minute tour of docs/api.md: docs/examples/tour.sh BASE_URL TOKEN
#
# Files a ticket as the token's owner, works it to its end, and looks at what the desk tells about it. Against the demo:
#   TOKEN=$(.venv/bin/python manage.py create_token admin@demo.example \
#     --scopes tickets:read,tickets:write,views:read,views:write,events:read,webhooks:read,webhooks:write)
#   docs/examples/tour.sh http://127.0.0.1:8000 "$TOKEN"
# Needs curl and nothing else. Stops at the first request that is answered otherwise than it should be. With a token of a
# technician, or with fewer scopes, what only others may is answered 403 and passed over.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 BASE_URL TOKEN" >&2
    exit 2
fi
API="${1%/}/api/v1"
TOKEN=$2
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# call STATUS METHOD PATH [curl's arguments ...]: (several statuses: "200|403", where some may and some may not) the answer's body is in $WORK/body, its head in $WORK/head.
call() {
    wanted=$1 method=$2 path=$3
    shift 3
    got=$(curl -sS -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' -X "$method" \
        -H "Authorization: Bearer $TOKEN" -H "X-Request-ID: tour-of-the-api" "$@" "$API$path")
    printf '%-6s %-55s %s\n' "$method" "$path" "$got"
    case "|$wanted|" in *"|$got|"*) return ;; esac
    echo "expected $wanted, and the answer was:" >&2
    cat "$WORK/body" >&2
    exit 1
}

# json PATH BODY: a POST with a body; further arguments go to curl.
json() {
    wanted=$1 method=$2 path=$3 body=$4
    shift 4
    call "$wanted" "$method" "$path" -H 'Content-Type: application/json' -d "$body" "$@"
}

# first NAME: the first member of this name in the last answer, without a JSON parser.
first() {
    tr ',{' '\n\n' <"$WORK/body" | sed -n "s/^\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1
}

# etag: the version that the last answer told.
etag() {
    tr -d '\r' <"$WORK/head" | sed -n 's/^[Ee][Tt][Aa][Gg]: //p' | head -n 1
}

KEY="tour-$(date +%s)-$$"

echo "1. Who am I, and what time is it there?"
call 200 GET /
call 200 GET /me/

echo "2. File a ticket. Sent again with its key, it is filed once."
BODY='{"subject": "VPN drops every 20 minutes", "description": "Since Friday, when I work from home."}'
json 201 POST /tickets/ "$BODY" -H "Idempotency-Key: $KEY"
NUMBER=$(first number)
json 201 POST /tickets/ "$BODY" -H "Idempotency-Key: $KEY"
[ "$(first number)" = "$NUMBER" ]
json 409 POST /tickets/ '{"subject": "Other", "description": "Other"}' -H "Idempotency-Key: $KEY"
echo "   it is $NUMBER"

echo "3. Mistakes are named."
json 400 POST /tickets/ '{"subject": "a", "description": "b", "prio": 1}'
[ "$(first field)" = prio ]

echo "4. Find it: filters, words, pages."
call 200 GET "/tickets/?status=new,open&sort=newest&limit=2&fields=number,subject"
call 200 GET "/tickets/?q=vpn&limit=2&fields=number&count=true"
call 200 GET "/tickets/$NUMBER/?include=requester,messages,tags"

echo "5. Work it: what is allowed, a note, a tag, a reply with a file."
call 200 GET "/tickets/$NUMBER/allowed/"
json 200 POST "/tickets/$NUMBER/note/" '{"text": "MTU is 1,500 on this line."}'
json 200 POST "/tickets/$NUMBER/tag/" '{"names": ["vpn"]}'
printf 'tunnel down\ntunnel up\n' >"$WORK/vpn.log"
call 201 POST /uploads/ -F "file=@$WORK/vpn.log;type=text/plain"
FILE=$(first id)
json 200 POST "/tickets/$NUMBER/reply/" "{\"text\": \"This is what I see.\", \"attachments\": [\"$FILE\"]}"
call 206 GET "/tickets/$NUMBER/attachments/$FILE/" -H 'Range: bytes=0-5'

echo "6. Change it. Who has not read the last version is told so."
call 200 GET "/tickets/$NUMBER/"
TAG=$(etag)
json 428 PATCH "/tickets/$NUMBER/" '{"impact": 2}'
json 200 PATCH "/tickets/$NUMBER/" '{"impact": 2}' -H "If-Match: $TAG"
json 412 PATCH "/tickets/$NUMBER/" '{"impact": 3}' -H "If-Match: $TAG"

echo "7. Hand it to the next tier, with what it needs to know."
json 200 POST "/tickets/$NUMBER/hand-over/" \
    '{"tier": 2, "reason": "needs_expertise", "summary": "Drops every 20 minutes, MTU checked.", "override": true}' \
    -H 'If-Match: *'
# 403 where the token is of somebody who does not work there: they hand over, and others accept.
json "200|403" POST "/tickets/$NUMBER/accept/" '{}'

echo "8. What has happened, in words."
call 200 GET "/tickets/$NUMBER/conversation/"
call 200 GET "/tickets/$NUMBER/history/?limit=5"

echo "9. Several at once, each with its own outcome."
json 200 POST /tickets/bulk/ "{\"act\": \"tag\", \"tickets\": [\"$NUMBER\", \"TD-999999999\"], \"arguments\": {\"names\": [\"tour\"]}}"

echo "10. A view, kept under a name."
json "201|403" POST /views/ "{\"name\": \"Tour $$ $(date +%s)\", \"filter\": {\"all\": [{\"field\": \"tag\", \"op\": \"is\", \"value\": [\"tour\"]}]}}"
if [ "$got" = 201 ]; then
    VIEW=$(first id)
    call 200 GET "/tickets/?view=$VIEW&fields=number"
    call 204 DELETE "/views/$VIEW/"
fi

echo "11. Everything that happens, once, in commit order: for systems that ask."
call "200|403" GET "/events/?after=now"
if [ "$got" = 200 ]; then
    AFTER=$(first after)
    json 200 POST "/tickets/$NUMBER/note/" '{"text": "One event more."}'
    call 200 GET "/events/?after=$AFTER&ticket=$NUMBER"
fi

echo "12. And for systems that are told: a webhook, signed, with its log."
json "201|403" POST /webhooks/ "{\"name\": \"Tour $$ $(date +%s)\", \"url\": \"https://hooks.example.com/tierdesk\", \"kinds\": [\"ticket.resolved\"]}"
if [ "$got" = 201 ]; then
    HOOK=$(first id)
    call 200 GET "/webhooks/$HOOK/calls/"
    json 200 POST "/webhooks/$HOOK/use/" '{"is_enabled": false}'
fi

echo "13. It is done."
json "200|403" POST "/tickets/$NUMBER/cancel/" '{"reason_text": "The tour is over."}'
echo "The tour is over: $NUMBER."

"""The live process: `python -m helpdesk.live`."""

import uvicorn

from helpdesk import environment

LONGEST_MESSAGE = 8 * 1024
"""Bytes of one message from a browser; sixty tickets to hear of are a tenth of it."""


def main() -> None:
    env = environment.read()
    uvicorn.run(
        "helpdesk.asgi:application",
        host=env.bind,
        port=env.live_port,
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=LONGEST_MESSAGE,
        # A browser that is gone without a word is noticed, and is nowhere present any more.
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,
        lifespan="on",
        # Django's own configuration of logs stands.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()

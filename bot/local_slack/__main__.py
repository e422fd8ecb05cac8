"""`python -m bot.local_slack`: run a workspace by itself."""

import argparse
import sys
from pathlib import Path

from bot.local_slack.config_files import workspace_from_files
from bot.local_slack.errors import LocalSlackError
from bot.local_slack.server import DEFAULT_HOST, DEFAULT_PORT, LocalSlack


def main(arguments: list[str] | None = None) -> int:
    """Read the options, print where the page is and with which tokens an app connects, and serve."""
    options = _parser().parse_args(arguments)
    try:
        config = workspace_from_files(
            options.people,
            channels=options.channel or ["general"],
            manifest=options.manifest,
            request_url=options.request_url,
            state_file=options.state,
        )
        slack = LocalSlack(config, host=options.host, port=options.port, page=not options.no_page)
        print(f"Local Slack: {slack.base_url}", flush=True)
        print(f"SLACK_API_URL={slack.api_url} SLACK_BOT_TOKEN={config.app.bot_token}", flush=True)
        print(f"SLACK_APP_TOKEN={config.app.app_token} SLACK_SIGNING_SECRET={config.app.signing_secret}")
        slack.serve()
    except LocalSlackError as error:
        print(f"local Slack: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.local_slack", description=__doc__)
    parser.add_argument("--people", type=Path, required=True, help="YAML file with the people")
    parser.add_argument("--manifest", type=Path, help="Slack app manifest (YAML or JSON)")
    parser.add_argument("--channel", action="append", help="a public channel; may be given several times")
    parser.add_argument("--request-url", help="send events there (HTTP); without it: Socket Mode")
    parser.add_argument("--state", type=Path, help="JSON file that keeps conversations")
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--no-page", action="store_true", help="only the APIs")
    return parser


if __name__ == "__main__":
    sys.exit(main())

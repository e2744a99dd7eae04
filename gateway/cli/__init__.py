"""The commands, one small file each; a file is only imported when its command is called, so that `--help` is quick."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys

import click

from gateway import __version__

CLOSED_PIPE = 141
"""Exit status where standard output was closed early, as of a program that SIGPIPE ends."""

_COMMANDS = {
    "serve": "gateway.cli.serve",
    "demo": "gateway.cli.demo",
    "check": "gateway.cli.check",
    "explain": "gateway.cli.explain",
    "due": "gateway.cli.due",
    "replay": "gateway.cli.replay",
    "report": "gateway.cli.report",
    "trace": "gateway.cli.trace",
    "case": "gateway.cli.case",
    "outbox": "gateway.cli.outbox",
    "findings": "gateway.cli.findings",
    "measure": "gateway.cli.measure",
    "survey": "gateway.cli.survey",
    "caps": "gateway.cli.caps",
    "mailbox": "gateway.cli.mailbox",
    "forget": "gateway.cli.forget",
    "key": "gateway.cli.key",
    "doctor": "gateway.cli.doctor",
    "policy": "gateway.cli.policy",
    "schema": "gateway.cli.schema",
}


class _LazyGroup(click.Group):
    """Lists all commands; imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        gc.disable()  # nothing that an import makes is garbage; looking through it again and again was a fifth of the time
        try:
            command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        finally:
            gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> object:
        """A mistake is answered with one line; what a command takes, `--help` says when it is asked. A reader that has seen enough is no fault."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise click.UsageError(error.format_message()) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered must not complain at the end
            sys.exit(CLOSED_PIPE)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gateway")
def gateway() -> None:
    """Keep, and prove, a city's Service Promise.

    \b
    Examples:
      gateway demo                     sample mail through a real gateway, in one minute
      gateway serve                    the service, with ./gateway.toml or embedded defaults
      gateway check                    is my policy edit good?
      gateway explain message.eml      what would happen to this message, and why
      gateway trace '<id@example.org>' what did happen to that one
      gateway replay last-month.mbox   what these policies would have done with last month's mail
      gateway report                   how the promise was kept

    Exit status: 0 fine, 1 it ran and found something wrong, 2 it could not run.
    """


def main() -> None:
    """Entry point."""
    if sys.argv[1:2] == ["serve"]:
        # All is about to be read; until the service can hear it, a reload just after a start would end the process.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    gateway(prog_name="gateway")

"""`pmtui completion`: the shell completes what is typed."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL.

    \b
    bash   eval "$(pmtui completion bash)"      in ~/.bashrc
    zsh    eval "$(pmtui completion zsh)"       in ~/.zshrc
    fish   pmtui completion fish | source       in ~/.config/fish/config.fish
    """
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    front = click.get_current_context().find_root().command
    click.echo(ShellComplete.source(kind(front, {}, "pmtui", "_PMTUI_COMPLETE")))

# SPDX-License-Identifier: GPL-2.0-or-later
set -l commands list explain run sweep merge judge demo
complete -c migvalidate -n "not __fish_seen_subcommand_from $commands" -f -a "$commands"
complete -c migvalidate -n "__fish_seen_subcommand_from run list explain" -a "(migvalidate list 2>/dev/null | string match -r '^[a-z0-9-]+')"
complete -c migvalidate -n "__fish_seen_subcommand_from $commands" -a "(migvalidate (commandline -opc)[2] --help 2>/dev/null | string match -r -- '--[a-z-]+')"

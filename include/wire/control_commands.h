/*
 * control_commands - the one list of what vmapd does for vmapctl. Both tables of commands, vmapd's
 * (src/doors/commands.c) and vmapctl's (src/vmapctl/main.c), are made of it.
 */
#ifndef VMAPD_WIRE_CONTROL_COMMANDS_H
#define VMAPD_WIRE_CONTROL_COMMANDS_H

/*
 * command(name, arguments, help, fewest, most, changes, ask, wait_s): arguments and help as vmapctl --help
 * says them; how many arguments; whether it changes something, which not everybody may
 * (peer_may_command()); what vmapctl asks with, ask_remote() or ask_explanation(); and how long it
 * waits for the answer: a minute and more where vmapd may wait for the database or for files.
 */
/* clang-format off */
#define CONTROL_COMMANDS(command)                                                                  \
    command(ping, "", "is vmapd there?", 0, 0, false, ask_remote, 5)                               \
    command(stats, "[--json|--prometheus]", "what it has done so far",                             \
            0, 1, false, ask_remote, 10)                                                           \
    command(lookup, "MAP KEY", "ask as Postfix would", 2, 2, false, ask_remote, 120)               \
    command(explain, "MAP KEY", "how the answer comes about", 2, 2, false, ask_explanation, 240)   \
    command(maps, "", "which maps there are, and their tables", 0, 0, false, ask_remote, 5)        \
    command(flush, "[MAP [KEY] | KEY]", "forget cached answers", 0, 2, true, ask_remote, 10)       \
    command(reload, "", "load the configuration again", 0, 0, true, ask_remote, 120)
/* clang-format on */

#endif

/*
 * vmapctl - what the subcommands of the tool share. A subcommand is a row of the table in main.c; it
 * either is a command of the control socket (control_commands.h) or runs in the tool.
 */
#ifndef VMAPD_VMAPCTL_VMAPCTL_H
#define VMAPD_VMAPCTL_VMAPCTL_H

#define VMAPCTL_SOCKET "/run/vmapd/control"

/* One run of the tool. All borrowed. */
struct vmapctl {
    const char *socket;       /* path of the control socket */
    unsigned timeout_s;       /* how long the daemon may be silent */
    int word_count;           /* at least 1 */
    const char *const *words; /* the subcommand and its arguments, NULL-terminated */
};

/* Those that run in the tool; each returns the exit status (enum control_status). */
int vmapctl_top(const struct vmapctl *run);
int vmapctl_import(const struct vmapctl *run); /* these two need no vmapd */
int vmapctl_switch(const struct vmapctl *run);
int vmapctl_compare(const struct vmapctl *run);
int vmapctl_check(const struct vmapctl *run);

#endif

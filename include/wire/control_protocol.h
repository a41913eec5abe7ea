/*
 * control_protocol - what vmapctl and vmapd's control socket agree on: one netstring with the command
 * and its arguments, one with the status and the text. Bounds in bytes.
 */
#ifndef VMAPD_WIRE_CONTROL_PROTOCOL_H
#define VMAPD_WIRE_CONTROL_PROTOCOL_H

#define CONTROL_REQUEST_MAX 200000
#define CONTROL_REPLY_MAX   (16u << 20)

/* Exit statuses of vmapctl (sysexits.h where it has one). */
enum control_status {
    CONTROL_OK = 0,
    CONTROL_NOT_FOUND = 1,
    CONTROL_FAILED = 1,
    CONTROL_USAGE = 64,
    CONTROL_UNREACHABLE = 69,
    CONTROL_TEMPORARY = 75,
    CONTROL_DENIED = 77
};

#endif

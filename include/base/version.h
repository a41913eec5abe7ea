/* version - the release, for -V, the log and the statistics. */
#ifndef VMAPD_BASE_VERSION_H
#define VMAPD_BASE_VERSION_H

#define VMAPD_VERSION "0.1.0"

#endif

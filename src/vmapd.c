/* vmapd - the daemon: options, signals, wiring. */
#include <stdio.h>

#include "version.h"

int main(void)
{
    puts("vmapd " VMAPD_VERSION);
    return 0;
}

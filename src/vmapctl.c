/* vmapctl - the tool that talks to vmapd. */
#include <stdio.h>

#include "version.h"

int main(void)
{
    puts("vmapctl " VMAPD_VERSION);
    return 0;
}

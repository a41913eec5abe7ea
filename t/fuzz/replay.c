/* replay - run a fuzz target once over each file named on the command line. */
#include "fuzz.h"

/* A copy of just its size, so that a sanitizer sees a read behind the end. */
static void run(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    data = malloc(size > 0 ? (size_t)size : 1);
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "%s: no corpus, nothing would be tested\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        run(argv[i]);
    printf("%s: %d files\n", argv[0], argc - 1);
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* A fuzz target without a fuzzer: run the inputs that the arguments name, files or directories. */
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "fuzz.h"

static unsigned int count;

static void run_file(const char *path)
{
	static u8 buf[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;
	u8 *data;

	if (!file)
		err(1, "%s", path);
	size = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	data = malloc(size ? size : 1);
	if (!data)
		err(1, "%s", path);
	memcpy(data, buf, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	count++;
}

static void run_directory(const char *name)
{
	DIR *dir = opendir(name);
	struct dirent *entry;
	char path[4096];

	if (!dir)
		err(1, "%s", name);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		run_file(path);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	struct stat st;
	int i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st))
			err(1, "%s", argv[i]);
		if (S_ISDIR(st.st_mode))
			run_directory(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("# %s: %u inputs\n", program_invocation_short_name, count);
	return 0;
}

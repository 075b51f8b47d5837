// SPDX-License-Identifier: Apache-2.0

// The part of PJRT's C API, version 0, that this package calls itself. Later versions add to the ends of the table and
// of arguments only, so that all of this stays where it is.

#pragma once

#include <stddef.h>
#include <stdint.h>

// A function takes a pointer to its arguments and returns an error, or NULL.
typedef void *(*function)(void *arguments);

// Places of functions in the table: PJRT_Error_Destroy, ...
enum {
	ERROR_DESTROY = 0,
	CLIENT_ADDRESSABLE_DEVICES = 16,
	CLIENT_COMPILE = 20,
	DEVICE_MEMORY_STATS = 34,
	EXECUTABLE_DESTROY = 40,
	EXECUTABLE_SERIALIZE = 49,
	LOADED_GET_EXECUTABLE = 51,
	DESERIALIZE_AND_LOAD = 56,
	FUNCTIONS,
};

struct api { // PJRT_Api
	size_t size;
	void *extensions;
	struct {
		size_t size;
		void *extensions;
		int major, minor;
	} version;
	function functions[];
};

struct program { // PJRT_Program
	size_t size;
	void *extensions;
	const char *code;
	size_t code_size;
	const char *format;
	size_t format_size;
};

struct compile { // PJRT_Client_Compile_Args
	size_t size;
	void *extensions;
	void *client;
	const struct program *program;
	const char *options;
	size_t options_size;
	void *executable; // out
};

enum { SLOTS = 4 }; // plugins of a process

// dpt_copy_table returns a copy of a plugin's table that compiles by dptCompile, with this slot's number, or NULL.
struct api *dpt_copy_table(const struct api *plugin, int slot);

// dpt_compile compiles; it returns the plugin's error, or NULL.
void *dpt_compile(const struct api *plugin, struct compile *arguments);

// dpt_serialize returns the bytes of a loaded executable, which the caller frees, or NULL.
char *dpt_serialize(const struct api *plugin, void *loaded, size_t *size);

// dpt_load returns the loaded executable of dpt_serialize's bytes, or NULL.
void *dpt_load(const struct api *plugin, void *client, const char *bytes, size_t size);

// dpt_peak_memory returns the most bytes in use of the first device's memory, or 0 if the plugin has no number.
int64_t dpt_peak_memory(const struct api *plugin, void *client);

// SPDX-License-Identifier: Apache-2.0

#include "api.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

// A function is told nothing but its arguments: each slot has one of its own.
static void *compile_0(void *arguments) { return dptCompile(0, arguments); }
static void *compile_1(void *arguments) { return dptCompile(1, arguments); }
static void *compile_2(void *arguments) { return dptCompile(2, arguments); }
static void *compile_3(void *arguments) { return dptCompile(3, arguments); }
static const function compile_in[SLOTS] = {compile_0, compile_1, compile_2, compile_3};

struct api *dpt_copy_table(const struct api *plugin, int slot) {
	static const int needed[] = {
		ERROR_DESTROY, CLIENT_ADDRESSABLE_DEVICES, CLIENT_COMPILE, DEVICE_MEMORY_STATS, EXECUTABLE_DESTROY,
		EXECUTABLE_SERIALIZE, LOADED_GET_EXECUTABLE, DESERIALIZE_AND_LOAD,
	};
	if (plugin->version.major != 0 || plugin->size < offsetof(struct api, functions[FUNCTIONS])) return NULL;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		if (plugin->functions[needed[i]] == NULL) return NULL;
	}
	struct api *table = malloc(plugin->size);
	if (table == NULL) return NULL;
	memcpy(table, plugin, plugin->size);
	table->functions[CLIENT_COMPILE] = compile_in[slot];
	return table;
}

void *dpt_compile(const struct api *plugin, struct compile *arguments) {
	return plugin->functions[CLIENT_COMPILE](arguments);
}

// succeeds calls a function and reports whether it returned no error.
static int succeeds(const struct api *plugin, int place, void *arguments) {
	void *error = plugin->functions[place](arguments);
	if (error == NULL) return 1;
	struct {
		size_t size;
		void *extensions, *error;
	} destroy = {sizeof destroy, NULL, error};
	plugin->functions[ERROR_DESTROY](&destroy);
	return 0;
}

char *dpt_serialize(const struct api *plugin, void *loaded, size_t *size) {
	struct {
		size_t size;
		void *extensions, *loaded, *executable;
	} get = {sizeof get, NULL, loaded, NULL};
	if (!succeeds(plugin, LOADED_GET_EXECUTABLE, &get)) return NULL;
	struct {
		size_t size;
		void *extensions, *executable;
		const char *bytes;
		size_t bytes_size;
		void *owner;
		void (*release)(void *owner);
	} serialize = {sizeof serialize, NULL, get.executable, NULL, 0, NULL, NULL};
	char *bytes = NULL;
	if (succeeds(plugin, EXECUTABLE_SERIALIZE, &serialize)) {
		*size = serialize.bytes_size;
		if ((bytes = malloc(*size)) != NULL) memcpy(bytes, serialize.bytes, *size);
		serialize.release(serialize.owner);
	}
	struct {
		size_t size;
		void *extensions, *executable;
	} destroy = {sizeof destroy, NULL, get.executable};
	succeeds(plugin, EXECUTABLE_DESTROY, &destroy);
	return bytes;
}

void *dpt_load(const struct api *plugin, void *client, const char *bytes, size_t size) {
	struct {
		size_t size;
		void *extensions, *client;
		const char *bytes;
		size_t bytes_size;
		void *loaded;
		const char *options; // NULL for those that the program was compiled with
		size_t options_size;
	} load = {sizeof load, NULL, client, bytes, size, NULL, NULL, 0};
	return succeeds(plugin, DESERIALIZE_AND_LOAD, &load) ? load.loaded : NULL;
}

int64_t dpt_peak_memory(const struct api *plugin, void *client) {
	struct {
		size_t size;
		void *extensions, *client, *const *devices;
		size_t num_devices;
	} list = {sizeof list, NULL, client, NULL, 0};
	if (!succeeds(plugin, CLIENT_ADDRESSABLE_DEVICES, &list) || list.num_devices == 0) return 0;
	struct {
		size_t size;
		void *extensions, *device;
		int64_t in_use;
		struct {
			int64_t number;
			bool known;
		} peak, others[9];
	} stats = {sizeof stats, NULL, list.devices[0], 0, {0, false}, {{0, false}}};
	return succeeds(plugin, DEVICE_MEMORY_STATS, &stats) && stats.peak.known ? stats.peak.number : 0;
}

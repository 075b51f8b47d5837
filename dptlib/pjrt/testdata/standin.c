// SPDX-License-Identifier: Apache-2.0

// A PJRT plugin for tests that passes for CUDA's: it forwards every call to the plugin that STANDIN_PLUGIN names, but
// two. The creation of a client fails with STANDIN_FAILS' text where it is set; otherwise it demands the option that
// go-xla passes to a CUDA plugin, and removes it, because that plugin knows none. The peak of the device's memory is
// STANDIN_PEAK bytes, or unknown. With STANDIN_LACKS set it cannot serialize.
//
// It also shows that api.h says what PJRT's own header says.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../api.h"
#include "pjrt_c_api.h"

#define PLACE(function, place) \
  _Static_assert(offsetof(PJRT_Api, function) == offsetof(struct api, functions[place]), #function)
PLACE(PJRT_Error_Destroy, ERROR_DESTROY);
PLACE(PJRT_Client_AddressableDevices, CLIENT_ADDRESSABLE_DEVICES);
PLACE(PJRT_Client_Compile, CLIENT_COMPILE);
PLACE(PJRT_Device_MemoryStats, DEVICE_MEMORY_STATS);
PLACE(PJRT_Executable_Destroy, EXECUTABLE_DESTROY);
PLACE(PJRT_Executable_Serialize, EXECUTABLE_SERIALIZE);
PLACE(PJRT_LoadedExecutable_GetExecutable, LOADED_GET_EXECUTABLE);
PLACE(PJRT_Executable_DeserializeAndLoad, DESERIALIZE_AND_LOAD);

#define FIELD(theirs, field, ours, same) \
  _Static_assert(offsetof(theirs, field) == offsetof(struct ours, same), #theirs "." #field)
FIELD(PJRT_Api, pjrt_api_version.major_version, api, version.major);
FIELD(PJRT_Program, code, program, code);
FIELD(PJRT_Program, code_size, program, code_size);
FIELD(PJRT_Program, format, program, format);
FIELD(PJRT_Program, format_size, program, format_size);
FIELD(PJRT_Client_Compile_Args, client, compile, client);
FIELD(PJRT_Client_Compile_Args, program, compile, program);
FIELD(PJRT_Client_Compile_Args, compile_options, compile, options);
FIELD(PJRT_Client_Compile_Args, compile_options_size, compile, options_size);
FIELD(PJRT_Client_Compile_Args, executable, compile, executable);

static const PJRT_Api *real;
static PJRT_Api table;

// refuse makes the real plugin return an error: it quotes the name of an option that it does not know.
static PJRT_Error *refuse(PJRT_Client_Create_Args *args, const char *text) {
  PJRT_NamedValue option;
  memset(&option, 0, sizeof option);
  option.struct_size = sizeof option;
  option.name = text;
  option.name_size = strlen(text);
  option.type = PJRT_NamedValue_kBool;
  args->create_options = &option;
  args->num_options = 1;
  return real->PJRT_Client_Create(args);
}

static PJRT_Error *create_client(PJRT_Client_Create_Args *args) {
  const char *reason = getenv("STANDIN_FAILS");
  if (reason != NULL) return refuse(args, reason);
  for (size_t i = 0; i < args->num_options; i++) {
    const PJRT_NamedValue *option = &args->create_options[i];
    if (strncmp(option->name, "preallocate", option->name_size) == 0 && !option->bool_value) {
      args->num_options = 0;
      return real->PJRT_Client_Create(args);
    }
  }
  return refuse(args, "go-xla must have set preallocate=false");
}

static PJRT_Error *memory_stats(PJRT_Device_MemoryStats_Args *args) {
  const char *peak = getenv("STANDIN_PEAK");
  args->peak_bytes_in_use_is_set = peak != NULL;
  if (peak != NULL) args->peak_bytes_in_use = atoll(peak);
  return NULL;
}

const PJRT_Api *GetPjrtApi(void) {
  const char *path = getenv("STANDIN_PLUGIN");
  void *library = path == NULL ? NULL : dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "standin: STANDIN_PLUGIN must name a plugin, %s does not\n", path == NULL ? "nothing" : path);
    return NULL;
  }
  real = ((const PJRT_Api *(*)(void))dlsym(library, "GetPjrtApi"))();
  size_t size = real->struct_size < sizeof table ? real->struct_size : sizeof table;
  memcpy(&table, real, size);
  table.struct_size = size;
  table.PJRT_Client_Create = create_client;
  table.PJRT_Device_MemoryStats = memory_stats;
  if (getenv("STANDIN_LACKS") != NULL) table.PJRT_Executable_Serialize = NULL;
  return &table;
}

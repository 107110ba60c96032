/* A libnvidia-ml.so.1 for machines without a GPU: the calls that pynvml makes for vllm_qualify, answered from a file.
 *
 * The variable VLLM_QUALIFY_FAKE_NVML names the file, see profiles/. It is read anew at every call, so that memory
 * "use" changes while somebody looks. Of the interface only names and layouts are taken, as pynvml declares them.
 * Keys: gpus name uuid driver cuda capability total_mib reserved_mib used_mib processes clock_mhz held busy missing
 * failure.
 * A key with a number in front, "1.name", is for that GPU alone.
 * missing: functions, with commas between, that this "driver" is too old to have.
 * failure: lost mismatch not_loaded not_supported no_device no_permission hang unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9, FUNCTION_NOT_FOUND = 13, GPU_IS_LOST = 15, VERSION_MISMATCH = 18, ARGUMENT_VERSION = 25,
    UNKNOWN = 999
};
enum { LONGEST = 512, MEMORY_V2 = 0x02000028 };

typedef unsigned long long u64;
typedef void *device_t;
typedef struct { u64 total, free, used; } memory_t;
typedef struct { unsigned version; u64 total, reserved, free, used; } memory_v2_t;
typedef struct { unsigned pid; u64 used; unsigned gpu_instance, compute_instance; } process_t;

static int users = 0;

/* The value of "index.key", else of "key", else "". */
static const char *value(int index, const char *key, char *into) {
    const char *path = getenv("VLLM_QUALIFY_FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[LONGEST], own[64];
    int found_own = 0;
    into[0] = 0;
    if (!file) return into;
    snprintf(own, sizeof own, "%d.%s", index, key);
    while (fgets(line, sizeof line, file)) {
        char *equals = strchr(line, '=');
        if (line[0] == '#' || !equals) continue;
        *equals = 0;
        equals[1 + strcspn(equals + 1, "\r\n")] = 0;
        int is_own = !strcmp(line, own);
        if (is_own || (!found_own && !strcmp(line, key))) strcpy(into, equals + 1);
        found_own |= is_own;
    }
    fclose(file);
    return into;
}

static u64 number(int index, const char *key) {
    char text[LONGEST];
    return strtoull(value(index, key, text), NULL, 10);
}

static u64 bytes(int index, const char *key) { return number(index, key) << 20; }

static int fails(const char *how) {
    char text[LONGEST];
    return !strcmp(value(-1, "failure", text), how);
}

static int lacks(const char *function) {
    char text[LONGEST];
    return strstr(value(-1, "missing", text), function) != NULL;
}

static int copy(int index, const char *key, char *into, unsigned length) {
    char text[LONGEST];
    if (!users) return UNINITIALIZED;
    if (strlen(value(index, key, text)) >= length) return INSUFFICIENT_SIZE;
    strcpy(into, text);
    return SUCCESS;
}

/* Handles count from 1, since 0 is no handle. */
static int index_of(device_t device) { return (int)(size_t)device - 1; }

int nvmlInitWithFlags(unsigned flags) {
    const char *path = getenv("VLLM_QUALIFY_FAKE_NVML");
    (void)flags;
    if (!path || access(path, R_OK)) {
        fprintf(stderr, "fake libnvidia-ml: VLLM_QUALIFY_FAKE_NVML names no readable file: %s\n", path ? path : "");
        return DRIVER_NOT_LOADED;
    }
    if (fails("mismatch")) return VERSION_MISMATCH;
    if (fails("no_permission")) return NO_PERMISSION;
    if (fails("not_loaded")) return DRIVER_NOT_LOADED;
    if (fails("unknown")) return UNKNOWN;
    while (fails("hang")) sleep(3600);
    users++;
    return SUCCESS;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlInit(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return users ? (users--, SUCCESS) : UNINITIALIZED; }

const char *nvmlErrorString(int code) {
    switch (code) {
    case SUCCESS: return "Success";
    case UNINITIALIZED: return "Uninitialized";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case NOT_SUPPORTED: return "Not Supported";
    case NO_PERMISSION: return "Insufficient Permissions";
    case INSUFFICIENT_SIZE: return "Insufficient Size";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case FUNCTION_NOT_FOUND: return "Function Not Found";
    case GPU_IS_LOST: return "GPU is lost";
    case VERSION_MISMATCH: return "Driver/library version mismatch";
    case ARGUMENT_VERSION: return "Argument version mismatch";
    default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *into, unsigned length) { return copy(-1, "driver", into, length); }
int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    if (!users) return UNINITIALIZED;
    *version = (int)number(-1, "cuda");
    return *version ? SUCCESS : FUNCTION_NOT_FOUND;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    if (!users) return UNINITIALIZED;
    *count = fails("no_device") ? 0 : (unsigned)number(-1, "gpus");
    return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *device) {
    if (!users) return UNINITIALIZED;
    if (index >= number(-1, "gpus")) return INVALID_ARGUMENT;
    if (fails("lost")) return GPU_IS_LOST;
    *device = (device_t)(size_t)(index + 1);
    return SUCCESS;
}

int nvmlDeviceGetName(device_t device, char *into, unsigned length) {
    return copy(index_of(device), "name", into, length);
}
int nvmlDeviceGetUUID(device_t device, char *into, unsigned length) {
    return copy(index_of(device), "uuid", into, length);
}
int nvmlDeviceGetCudaComputeCapability(device_t device, int *major, int *minor) {
    char text[LONGEST];
    if (!users) return UNINITIALIZED;
    return sscanf(value(index_of(device), "capability", text), "%d.%d", major, minor) == 2 ? SUCCESS : NOT_SUPPORTED;
}

/* The second form came with driver 510; the first counts what the driver keeps for itself as used. */
int nvmlDeviceGetMemoryInfo_v2(device_t device, memory_v2_t *memory) {
    int index = index_of(device);
    if (!users) return UNINITIALIZED;
    if (fails("not_supported")) return NOT_SUPPORTED;
    if (lacks("nvmlDeviceGetMemoryInfo_v2")) return FUNCTION_NOT_FOUND;
    if (memory->version != MEMORY_V2) return ARGUMENT_VERSION;
    memory->total = bytes(index, "total_mib");
    memory->reserved = bytes(index, "reserved_mib");
    memory->used = bytes(index, "used_mib");
    memory->free = memory->total - memory->reserved - memory->used;
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(device_t device, memory_t *memory) {
    int index = index_of(device);
    if (!users) return UNINITIALIZED;
    if (fails("not_supported")) return NOT_SUPPORTED;
    memory->total = bytes(index, "total_mib");
    memory->used = bytes(index, "used_mib") + bytes(index, "reserved_mib");
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

typedef struct { unsigned gpu, memory; } utilization_t;

int nvmlDeviceGetClockInfo(device_t device, int type, unsigned *clock) {
    if (!users) return UNINITIALIZED;
    *clock = type == 1 ? (unsigned)number(index_of(device), "clock_mhz") : 0;
    return *clock ? SUCCESS : NOT_SUPPORTED;
}
/* The name of drivers before 535; later ones have both. */
int nvmlDeviceGetCurrentClocksThrottleReasons(device_t device, u64 *reasons) {
    if (!users) return UNINITIALIZED;
    *reasons = number(index_of(device), "held");
    return SUCCESS;
}
int nvmlDeviceGetCurrentClocksEventReasons(device_t device, u64 *reasons) {
    if (lacks("nvmlDeviceGetCurrentClocksEventReasons")) return FUNCTION_NOT_FOUND;
    return nvmlDeviceGetCurrentClocksThrottleReasons(device, reasons);
}
int nvmlDeviceGetUtilizationRates(device_t device, utilization_t *rates) {
    char text[LONGEST];
    if (!users) return UNINITIALIZED;
    if (!value(index_of(device), "busy", text)[0]) return NOT_SUPPORTED;
    rates->gpu = (unsigned)number(index_of(device), "busy");
    rates->memory = 0;
    return SUCCESS;
}

static int processes(device_t device, unsigned *count, process_t *into) {
    char text[LONGEST];
    unsigned room = *count, seen = 0;
    if (!users) return UNINITIALIZED;
    value(index_of(device), "processes", text);
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ","), seen++) {
        char *colon = strchr(word, ':');
        if (!into || seen >= room || !colon) continue;
        memset(&into[seen], 0, sizeof into[seen]);
        into[seen].pid = (unsigned)strtoul(word, NULL, 10);
        into[seen].used = colon[1] == '-' ? (u64)-1 : strtoull(colon + 1, NULL, 10) << 20;
    }
    *count = seen;
    return seen > room ? INSUFFICIENT_SIZE : SUCCESS;
}
int nvmlDeviceGetComputeRunningProcesses_v3(device_t device, unsigned *count, process_t *into) {
    return lacks("nvmlDeviceGetComputeRunningProcesses_v3") ? FUNCTION_NOT_FOUND : processes(device, count, into);
}
int nvmlDeviceGetComputeRunningProcesses_v2(device_t device, unsigned *count, process_t *into) {
    return processes(device, count, into);
}

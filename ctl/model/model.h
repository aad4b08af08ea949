/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - what the operator wants: settings, services, their checks and backends. No I/O.
 *
 * The structs below are filled through the schema tables (schema.h). A model is changed by
 * building a new service (or a whole new model), validating it, and putting it in the old one's
 * place, so that a mistake leaves everything as it was.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/addr.h"
#include "model/schema.h"
#include "shunt/abi.h"

#define MODEL_NAME_MAX        63   /* of services and checks */
#define MODEL_CHECKS_MAX      8    /* of a service */
#define MODEL_BACKENDS_MAX    4095 /* of a service */
#define MODEL_WEIGHT_MAX      65535
#define MODEL_POOL_MAX        PREFIXES_MAX
/* Outside of where Linux takes ports from by itself (ip_local_port_range, 32768-60999). */
#define MODEL_FULLNAT_PORTS   "1024-32767"
#define MODEL_SOURCE_BITS_MAX 16 /* of tunnel_source that may come from the hash */

#define FORWARD_OF_SERVICE 0 /* a backend's forward: what its service says */

enum scheduler { SCHEDULER_MAGLEV };
enum unmatched { UNMATCHED_PASS, UNMATCHED_DROP };
enum announce { ANNOUNCE_NONE, ANNOUNCE_AUTO };
enum check_kind { CHECK_NONE, CHECK_TCP, CHECK_KIND_COUNT };
enum mss { MSS_OFF = SHUNT_MSS_OFF, MSS_AUTO = SHUNT_MSS_AUTO }; /* else bytes */
enum admin { ADMIN_NO_OVERRIDE, ADMIN_ENABLED, ADMIN_DRAIN, ADMIN_DISABLED };

struct settings {
	uint64_t set;
	struct strings interfaces;
	int unmatched;                 /* enum unmatched */
	int announce;                  /* enum announce */
	struct prefixes tunnel_source; /* at most one a family; none: the kernel's choice */
	struct prefixes fullnat_pool;  /* single addresses */
	struct port_range fullnat_ports;
	uint64_t seed; /* 0 = none given: the state directory has one */
	uint32_t slots_max;
	uint32_t backends_max;
	uint32_t ports_max;
};

struct check {
	uint64_t set;
	char name[MODEL_NAME_MAX + 1];
	int kind;                   /* enum check_kind */
	uint32_t interval, timeout; /* ms */
	uint32_t rise, fall;
	uint32_t jitter; /* percent of the interval by which a check may come early */
	uint32_t port;   /* 0 = the backend's */
};

struct backend {
	uint64_t set;
	struct endpoint at; /* port 0: of a service on every port */
	int forward;        /* enum shunt_forward, or FORWARD_OF_SERVICE */
	uint32_t weight;
	bool backup;
	int admin;    /* enum admin: what the file says */
	int override; /* enum admin: what was asked for by hand; ADMIN_NO_OVERRIDE = nothing */
	char *description;
};

struct service {
	uint64_t set;
	char name[MODEL_NAME_MAX + 1];
	struct vip address;
	int scheduler; /* enum scheduler */
	int forward;   /* enum shunt_forward */
	uint32_t mss;  /* enum mss, or bytes */
	bool toa;
	uint32_t table_size;
	char *description;
	struct check *checks;
	size_t checks_count;
	struct backend *backends; /* in the order they were added */
	size_t backends_count;
	UT_hash_handle by_name;
};

struct model {
	struct settings settings;
	struct service *services; /* uthash by_name, in the order they were added */
};

extern const struct schema settings_schema, service_schema, backend_schema, check_schema;

struct model *model_new(void);
struct model *model_free(struct model *model); /* returns NULL; takes NULL */
struct model *model_copy(const struct model *model);
DEFINE_CLEANUP(struct model *, model_free)

/* A service with defaults; -EINVAL when @name is no name (letters, digits, . _ -, at most 63). */
int service_new(const char *name, struct service **ret, struct error *err);
struct service *service_free(struct service *service); /* returns NULL; takes NULL */
struct service *service_copy(const struct service *service);
DEFINE_CLEANUP(struct service *, service_free)

/*
 * Add a check with defaults, its kind that of its name where that is a kind; @ret is valid until
 * the next is added. -EEXIST, -EINVAL, -ENOSPC.
 */
int service_add_check(struct service *service, const char *name, struct check **ret,
		      struct error *err);

void service_clear_checks(struct service *service);

/*
 * Add a backend with defaults by its ADDR[:PORT]; the port defaults to the service's. The service's
 * address must be set. @ret is valid until the next is added. -EEXIST, -EINVAL, -ENOSPC.
 */
int service_add_backend(struct service *service, const char *address, struct backend **ret,
			struct error *err);

/* By ADDR[:PORT]; the port defaults to the service's. -ENOENT, -EINVAL. */
int service_find_backend(const struct service *service, const char *address, struct backend **ret,
			 struct error *err);
void service_remove_backend(struct service *service, struct backend *backend);

/* What the service is checked by when it names none: tcp for TCP, nothing for UDP. Call once when
 * the service is complete and before it is validated. */
void service_complete(struct service *service);

/* Is this service right in itself: required keys, ports and families fit the forward modes, ...? */
int service_validate(const struct service *service, struct error *err);

/* The same for one part, so that a reader can say where it stands. -EINVAL. */
int service_validate_check(const struct service *service, const struct check *check,
			   struct error *err);
int service_validate_backend(const struct service *service, const struct backend *backend,
			     struct error *err);

/* By name or by address ("tcp:192.0.2.10:80"). NULL and -ENOENT in @err if there is none. */
struct service *model_find(const struct model *model, const char *name, struct error *err);

/*
 * Would @service fit the model in place of the one called @replaces (NULL = as a new one)? Names
 * and addresses are unique; no two nat backends share an endpoint; the settings have what its
 * forward modes need. -EEXIST, -EINVAL, -ENOSPC.
 */
int model_accepts(const struct model *model, const struct service *service, const char *replaces,
		  struct error *err);

/* Put @service in (the model owns it then), in place of one of the same name. Validated before. */
void model_put(struct model *model, struct service *service);
void model_remove(struct model *model, struct service *service);
size_t model_count(const struct model *model);
size_t model_count_backends(const struct model *model);

/* The whole: every service valid, every pair compatible. The file reader and apply use it. */
int model_validate(const struct model *model, struct error *err);

/* The same, and which service is to blame, NULL for none; the error does not name it. */
int model_validate_find(const struct model *model, const struct service **ret_bad,
			struct error *err);

/* Does this mode take the packet to the backend with the port it came to? */
bool forward_keeps_port(enum shunt_forward forward);

/* The forward mode that holds: the backend's own if it has one. */
enum shunt_forward backend_forward(const struct service *service, const struct backend *backend);

/* Does any packet of the service go this way? */
bool service_forwards_by(const struct service *service, enum shunt_forward forward);

/* Its name, NULL if there is no such mode. */
const char *forward_name(enum shunt_forward forward);

/* The admin state that holds: the override if there is one. Never ADMIN_NO_OVERRIDE. */
enum admin backend_admin(const struct backend *backend);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_model.c - services, what may stand beside what, differences, what survives a reload. */
#include "unit/models.h"

#include <errno.h>

/* Sets a key; the test ends if it cannot. */
static void set(const struct schema *schema, void *object, const char *key, const char *text)
{
	struct error err = {};

	if (schema_set(schema, object, schema_find(schema, key), text, &err))
		fail_msg("%s", err.text);
}

static struct service *new_service(const char *name, const char *address)
{
	struct service *service;

	assert_int_equal(service_new(name, &service, NULL), 0);
	set(&service_schema, service, "address", address);
	return service;
}

static struct backend *add_backend(struct service *service, const char *address)
{
	struct backend *backend;
	struct error err = {};

	if (service_add_backend(service, address, &backend, &err))
		fail_msg("%s", err.text);
	return backend;
}

/* A model of one service "web" with backends .11 and .12. */
static struct model *web(void)
{
	struct model *model = model_new();
	struct service *service = new_service("web", "tcp:192.0.2.10:80");

	add_backend(service, "10.0.0.11");
	add_backend(service, "10.0.0.12");
	service_complete(service);
	model_put(model, service);
	return model;
}

static void test_names(void **state)
{
	static const char *const good[] = {"web", "a", "0", "web-1.example_com", "_x"};
	static const char *const bad[] = {"",   "a b", "a/b", "-x", ".x", "gr\xc3\xb6\xc3\x9f",
					  "a\n"};
	char longest[MODEL_NAME_MAX + 2];
	struct service *service;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(service_new(good[i], &service, NULL), 0);
		service_free(service);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (service_new(bad[i], &service, NULL) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[MODEL_NAME_MAX + 1] = '\0';
	assert_int_equal(service_new(longest, &service, NULL), -EINVAL);
	longest[MODEL_NAME_MAX] = '\0';
	assert_int_equal(service_new(longest, &service, NULL), 0);
	service_free(service);
}

static void test_backends(void **state)
{
	_cleanup_(service_free) struct service *service = new_service("web", "tcp:192.0.2.10:80");
	struct backend *backend;
	struct error err = {};

	assert_int_equal(add_backend(service, "10.0.0.11")->at.port, 80);
	assert_int_equal(add_backend(service, "10.0.0.11:8080")->at.port, 8080);
	models_assert_error("twice", service_add_backend(service, "10.0.0.11:80", &backend, &err),
			    -EEXIST, &err, "backend 10.0.0.11:80 exists already in service 'web'");
	assert_int_equal(service_find_backend(service, "10.0.0.11", &backend, NULL), 0);
	assert_int_equal(backend->at.port, 80);
	service_remove_backend(service, backend);
	assert_int_equal(service->backends_count, 1);
	assert_int_equal(service->backends[0].at.port, 8080);
	err = (struct error){};
	models_assert_error("gone", service_find_backend(service, "10.0.0.11", &backend, &err),
			    -ENOENT, &err, "no backend '10.0.0.11:80' in service 'web'");
}

static void test_checks(void **state)
{
	_cleanup_(service_free) struct service *service = new_service("web", "tcp:192.0.2.10:80");
	_cleanup_(service_free) struct service *dns = new_service("dns", "udp:192.0.2.10:53");
	struct error err = {};
	struct check *check;

	assert_int_equal(service_add_check(service, "none", &check, NULL), 0);
	assert_int_equal(check->kind, CHECK_NONE);
	assert_int_equal(check->set, 0);
	assert_int_equal(service_add_check(service, "none", &check, NULL), -EEXIST);
	assert_int_equal(service_validate(service, NULL), 0);
	assert_int_equal(service_add_check(service, "http", &check, NULL), 0);
	models_assert_error("no kind", service_validate(service, &err), -EINVAL, &err,
			    "check 'http' of service 'web' has no kind");
	set(&check_schema, check, "kind", "tcp");
	assert_int_equal(service_validate(service, NULL), 0);

	service_complete(dns);
	assert_int_equal(dns->checks_count, 1);
	assert_int_equal(dns->checks[0].kind, CHECK_NONE);
	service_complete(service); /* it has its own */
	assert_int_equal(service->checks_count, 2);
}

static void test_limits(void **state)
{
	_cleanup_(service_free) struct service *service = new_service("web", "tcp:192.0.2.10:80");
	struct backend *backend;
	struct check *check;
	char text[32];

	for (int i = 0; i < MODEL_BACKENDS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i >> 8, i & 255);
		add_backend(service, text);
	}
	assert_int_equal(service_add_backend(service, "10.9.9.9", &backend, NULL), -ENOSPC);
	for (int i = 0; i < MODEL_CHECKS_MAX; i++) {
		snprintf(text, sizeof(text), "c%d", i);
		assert_int_equal(service_add_check(service, text, &check, NULL), 0);
	}
	assert_int_equal(service_add_check(service, "one-more", &check, NULL), -ENOSPC);
}

static const struct {
	const char *address, *forward, *backend, *error;
} services[] = {
	{"tcp:192.0.2.10:80", "dr", "10.0.0.1", NULL},
	{"tcp:192.0.2.10:80", "nat", "10.0.0.1:8080", NULL},
	{"tcp:192.0.2.10:80", "fullnat", "10.0.0.1:8080", NULL},
	{"udp:[2001:db8::10]:53", "dr", "2001:db8::1", NULL},
	{"udp:[2001:db8::10]:53", "nat", "[2001:db8::1]:5353", NULL},
	{"tcp:192.0.2.10:80", "ipip", "10.0.0.1", NULL},
	{"tcp:192.0.2.10:80", "ipip", "2001:db8::1", NULL},
	{"tcp:[2001:db8::10]:80", "gue", "10.0.0.1", NULL},
	{"tcp:[2001:db8::10]:80", "gue", "2001:db8::1", NULL},
	{"tcp:192.0.2.10:80", "dr", "10.0.0.1:8080", "forward = dr does not translate ports; "},
	{"tcp:192.0.2.10:80", "dr", "10.0.0.1:8080",
	 "expected port 80, or forward = nat or fullnat"},
	{"tcp:192.0.2.10:80", "ipip", "10.0.0.1:8080", "forward = ipip does not translate ports"},
	{"tcp:192.0.2.10:80", "gue", "[2001:db8::1]:81", "forward = gue does not translate ports"},
	{"tcp:192.0.2.10:80", "dr", "2001:db8::1",
	 "IPv6 address and service 'web' is IPv4 (tcp:192.0.2.10:80); expected the same family "
	 "with forward = dr"},
	{"tcp:[2001:db8::10]:80", "nat", "10.0.0.1:80",
	 "IPv4 address and service 'web' is IPv6 (tcp:[2001:db8::10]:80)"},
	{"tcp:[2001:db8::10]:80", "fullnat", "10.0.0.1:80", "or forward = ipip or gue"},
	{"tcp:192.0.2.10:80", "dr", "192.0.2.10", "is the service's own VIP"},
	{"tcp:[2001:db8::10]:80", "ipip", "2001:db8::10", "is the service's own VIP"},
	{"tcp:192.0.2.10:80", "dr", "0.0.0.0", "expected a unicast address"},
	{"tcp:192.0.2.10:80", "dr", "127.0.0.1", "expected a unicast address"},
	{"tcp:192.0.2.10:80", "dr", "255.255.255.255", "expected a unicast address"},
	{"tcp:[2001:db8::10]:80", "dr", "::1", "expected a unicast address"},
	{"tcp:[2001:db8::10]:80", "dr", "::", "expected a unicast address"},
	{"tcp:[2001:db8::10]:80", "dr", "ff02::1", "expected a unicast address"},
	{"tcp:[2001:db8::10]:80", "dr", "fe80::1", "expected a global or unique local address"},
	{"tcp:[2001:db8::10]:80", "dr", "::ffff:10.0.0.1", "expected 10.0.0.1"},
	{"tcp:224.0.0.1:80", "dr", NULL, "VIP 224.0.0.1 cannot be forwarded"},
	{"tcp:[ff0e::1]:80", "dr", NULL, "VIP ff0e::1 cannot be forwarded"},
	{"tcp:[fe80::1]:80", "dr", NULL, "VIP fe80::1 is valid on one link only"},
	{"tcp:192.0.2.10:*", "dr", "10.0.0.1", NULL},
	{"udp:[2001:db8::10]:*", "nat", "2001:db8::1", NULL},
	{"tcp:192.0.2.10:*", "gue", "2001:db8::1", NULL},
	{"tcp:192.0.2.10:*", "nat", "10.0.0.1:80", "expected an address without a port"},
	{"tcp:192.0.2.10:*", "fullnat", "10.0.0.1:80", "expected an address without a port"},
	{NULL, "dr", NULL, "service 'web' has no address; expected protocol, VIP and port"},
};

static void test_service_validate(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		_cleanup_(service_free) struct service *service = NULL;
		struct error err = {};
		int r;

		assert_int_equal(service_new("web", &service, NULL), 0);
		if (services[i].address)
			set(&service_schema, service, "address", services[i].address);
		set(&service_schema, service, "forward", services[i].forward);
		if (services[i].backend)
			add_backend(service, services[i].backend);
		r = service_validate(service, &err);
		if (services[i].error)
			models_assert_error(services[i].error, r, -EINVAL, &err, services[i].error);
		else
			assert_int_equal(r, 0);
	}
}

/* What a backend says of its forward mode stands before what the service says. */
static void test_backend_forward(void **state)
{
	_cleanup_(service_free) struct service *service = new_service("web", "tcp:192.0.2.10:80");
	struct backend *backend = add_backend(service, "10.0.0.1:8080");
	struct error err = {};

	assert_int_equal(backend_forward(service, backend), SHUNT_FORWARD_DR);
	models_assert_error("dr", service_validate(service, &err), -EINVAL, &err, "forward = dr");
	set(&backend_schema, backend, "forward", "nat");
	assert_int_equal(backend_forward(service, backend), SHUNT_FORWARD_NAT);
	assert_int_equal(service_validate(service, NULL), 0);
	set(&service_schema, service, "forward", "gue");
	assert_int_equal(service_validate(service, NULL), 0);
	set(&backend_schema, backend, "forward", "service");
	err = (struct error){};
	models_assert_error("gue", service_validate(service, &err), -EINVAL, &err, "forward = gue");
}

/* A service on every port has no port of its own to check. */
static void test_check_of_every_port(void **state)
{
	_cleanup_(service_free) struct service *service = new_service("any", "tcp:192.0.2.10:*");
	struct error err = {};

	service_complete(service);
	models_assert_error("tcp", service_validate(service, &err), -EINVAL, &err,
			    "check 'tcp' of service 'any': a service on every port has none to "
			    "check; expected port = N or kind = none");
	set(&check_schema, &service->checks[0], "port", "22");
	assert_int_equal(service_validate(service, NULL), 0);
	set(&check_schema, &service->checks[0], "port", "0");
	set(&check_schema, &service->checks[0], "kind", "none");
	assert_int_equal(service_validate(service, NULL), 0);
}

static const struct {
	const char *address, *forward, *own, *mss, *toa, *error;
} options[] = {
	{"tcp:192.0.2.10:80", "dr", "service", "auto", "false", NULL},
	{"tcp:192.0.2.10:80", "gue", "service", "1400", "false", NULL},
	{"tcp:192.0.2.10:80", "fullnat", "service", "off", "true", NULL},
	{"tcp:192.0.2.10:80", "dr", "fullnat", "off", "true", NULL},
	{"udp:192.0.2.10:80", "dr", "service", "off", "false", NULL},
	{"udp:192.0.2.10:80", "dr", "service", "auto", "false", "service 'web': mss is of TCP"},
	{"udp:192.0.2.10:80", "dr", "service", "1400", "false", "expected mss = off"},
	{"udp:192.0.2.10:80", "fullnat", "service", "off", "true", "toa is an option of TCP"},
	{"tcp:192.0.2.10:80", "nat", "service", "off", "true", "toa needs forward = fullnat"},
};

static void test_service_options(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		_cleanup_(service_free) struct service *service =
			new_service("web", options[i].address);
		struct error err = {};
		int r;

		set(&service_schema, service, "forward", options[i].forward);
		set(&service_schema, service, "mss", options[i].mss);
		set(&service_schema, service, "toa", options[i].toa);
		set(&backend_schema, add_backend(service, "10.0.0.1"), "forward", options[i].own);
		r = service_validate(service, &err);
		if (options[i].error)
			models_assert_error(options[i].error, r, -EINVAL, &err, options[i].error);
		else
			assert_int_equal(r, 0);
	}
}

static void test_find_and_put(void **state)
{
	_cleanup_(model_free) struct model *model = web();
	_cleanup_(model_free) struct model *copy = NULL;
	struct error err = {};
	struct service *other;

	assert_non_null(model_find(model, "web", NULL));
	assert_ptr_equal(model_find(model, "tcp:192.0.2.10:80", NULL),
			 model_find(model, "web", NULL));
	assert_null(model_find(model, "tcp:192.0.2.10:81", &err));
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.text, "no service 'tcp:192.0.2.10:81'");

	model_put(model, new_service("dns", "udp:192.0.2.10:53"));
	copy = model_copy(model);
	models_assert_same(model, copy, "a copy");
	other = new_service("web", "tcp:192.0.2.20:80");
	model_put(model, other); /* keeps its place */
	assert_int_equal(model_count(model), 2);
	assert_string_equal(model->services->name, "web");
	assert_null(model_find(model, "tcp:192.0.2.10:80", NULL));
	assert_non_null(model_find(copy, "tcp:192.0.2.10:80", NULL));
	model_remove(model, model_find(model, "web", NULL));
	assert_int_equal(model_count(model), 1);
}

static void test_accepts(void **state)
{
	_cleanup_(model_free) struct model *model = web();
	_cleanup_(service_free) struct service *same = new_service("web", "tcp:192.0.2.11:80");
	_cleanup_(service_free) struct service *vip = new_service("web2", "tcp:192.0.2.10:80");
	struct error err = {};

	models_assert_error("name", model_accepts(model, same, NULL, &err), -EEXIST, &err,
			    "service 'web' exists already");
	assert_int_equal(model_accepts(model, same, "web", NULL), 0);
	err = (struct error){};
	models_assert_error("address", model_accepts(model, vip, NULL, &err), -EEXIST, &err,
			    "address tcp:192.0.2.10:80 is that of service 'web' already");
	assert_int_equal(model_accepts(model, vip, "web", NULL), 0);
}

/* Two nat services must not share a backend endpoint; the same of another protocol is fine. */
static void test_nat_endpoints(void **state)
{
	_cleanup_(model_free) struct model *model = model_new();
	struct service *a = new_service("a", "tcp:192.0.2.10:80");
	struct service *b = new_service("b", "udp:192.0.2.10:80");
	struct service *c = new_service("c", "tcp:192.0.2.11:80");
	struct error err = {};

	set(&service_schema, a, "forward", "nat");
	set(&service_schema, b, "forward", "nat");
	add_backend(a, "10.0.0.1:8080");
	add_backend(b, "10.0.0.1:8080");
	add_backend(c, "10.0.0.1:8080");
	model_put(model, a);
	assert_int_equal(model_accepts(model, b, NULL, NULL), 0);
	model_put(model, b);
	assert_int_equal(model_validate(model, NULL), 0);
	assert_int_equal(model_accepts(model, c, NULL, NULL), 0); /* dr */
	set(&service_schema, c, "forward", "nat");
	models_assert_error("nat", model_accepts(model, c, NULL, &err), -EEXIST, &err,
			    "backend 10.0.0.1:8080 is already one of nat service 'a'");
	model_put(model, c);
	err = (struct error){};
	models_assert_error("nat, whole", model_validate(model, &err), -EEXIST, &err,
			    "service 'c': backend 10.0.0.1:8080 is already one of nat service 'a'");
}

/* Whoever is put in last is refused, by itself and in the whole model. */
static void assert_nat_clash(struct service *first, struct service *last, const char *text)
{
	_cleanup_(model_free) struct model *model = model_new();
	const struct service *bad = NULL;
	struct error err = {};

	model_put(model, first);
	assert_int_equal(model_validate(model, NULL), 0);
	models_assert_error("one", model_accepts(model, last, NULL, &err), -EEXIST, &err, text);
	model_put(model, last);
	err = (struct error){};
	models_assert_error("whole", model_validate_find(model, &bad, &err), -EEXIST, &err, text);
	assert_string_equal(bad->name, last->name);
}

static struct service *nat_service(const char *name, const char *address, const char *forward,
				   const char *backend, const char *own)
{
	struct service *service = new_service(name, address);
	struct backend *b;

	set(&service_schema, service, "forward", forward);
	add_backend(service, backend[0] == '1' ? "10.9.9.9" : "2001:db8:9::9");
	b = add_backend(service, backend);
	set(&backend_schema, b, "forward", own);
	service_add_check(service, "none", &(struct check *){NULL}, NULL);
	return service;
}

/* Port * is every port, and a backend's own forward mode counts. */
static void test_nat_every_port(void **state)
{
	static const char *const v4[] = {"tcp:192.0.2.10:*", "tcp:192.0.2.11:80"};
	static const char *const v6[] = {"tcp:[2001:db8::1]:*", "tcp:[2001:db8::2]:80"};
	_cleanup_(model_free) struct model *model = model_new();

	assert_nat_clash(nat_service("a", v4[0], "dr", "10.0.0.1", "nat"),
			 nat_service("b", v4[1], "dr", "10.0.0.1", "nat"),
			 "backend 10.0.0.1 is already one of nat service 'a'");
	assert_nat_clash(nat_service("b", v4[1], "dr", "10.0.0.1", "nat"),
			 nat_service("a", v4[0], "dr", "10.0.0.1", "nat"),
			 "backend 10.0.0.1:80 is already one of nat service 'b'");
	assert_nat_clash(nat_service("a", v6[0], "dr", "2001:db8::3", "nat"),
			 nat_service("b", v6[1], "dr", "2001:db8::3", "nat"),
			 "backend 2001:db8::3 is already one of nat service 'a'");
	model_put(model, nat_service("a", v4[0], "nat", "10.0.0.1", "dr"));
	model_put(model, nat_service("b", v4[1], "dr", "10.0.0.1", "nat"));
	model_put(model, nat_service("c", "udp:192.0.2.10:*", "dr", "10.0.0.1", "nat"));
	model_put(model, nat_service("d", "tcp:192.0.2.12:*", "dr", "10.0.0.2", "nat"));
	assert_int_equal(model_validate(model, NULL), 0);
}

/* fullnat needs a pool of the VIP's family, and no VIP is in it. */
static void test_fullnat_pool(void **state)
{
	_cleanup_(model_free) struct model *model = model_new();
	struct service *service = new_service("web", "tcp:[2001:db8::10]:80");
	struct backend *backend = add_backend(service, "2001:db8::1");
	const struct service *bad = NULL;
	struct error err = {};

	set(&settings_schema, &model->settings, "fullnat_pool", "192.0.2.200");
	assert_int_equal(model_accepts(model, service, NULL, NULL), 0);
	set(&backend_schema, backend, "forward", "fullnat");
	models_assert_error("none", model_accepts(model, service, NULL, &err), -EINVAL, &err,
			    "expected an IPv6 address in that setting");
	model_put(model, service);
	err = (struct error){};
	models_assert_error("none", model_validate_find(model, &bad, &err), -EINVAL, &err,
			    "forward = fullnat takes source addresses from fullnat_pool");
	assert_ptr_equal(bad, service);
	set(&settings_schema, &model->settings, "fullnat_pool", "192.0.2.200,2001:db8::200");
	assert_int_equal(model_validate(model, NULL), 0);
	set(&settings_schema, &model->settings, "fullnat_pool", "2001:db8::200,2001:db8::10");
	err = (struct error){};
	models_assert_error("VIP", model_validate(model, &err), -EINVAL, &err,
			    "service 'web': VIP 2001:db8::10 is in fullnat_pool");
	set(&settings_schema, &model->settings, "fullnat_pool", "2001:db8::200,2001:db8::1");
	err = (struct error){};
	models_assert_error("backend", model_validate(model, &err), -EINVAL, &err,
			    "service 'web': backend 2001:db8::1 is in fullnat_pool");
	set(&settings_schema, &model->settings, "fullnat_pool", "2001:db8::200,2001:db8::201");
	set(&settings_schema, &model->settings, "ports_max", "126975");
	err = (struct error){};
	models_assert_error(
		"room", model_validate(model, &err), -EINVAL, &err,
		"fullnat_pool: 2 addresses with fullnat_ports 1024-32767 need 126976 "
		"ports, TCP's and UDP's; expected fewer, or ports_max = 126976 or more");
	set(&settings_schema, &model->settings, "ports_max", "126976");
	assert_int_equal(model_validate(model, NULL), 0);
}

static void test_validate_finds_the_service(void **state)
{
	_cleanup_(model_free) struct model *model = web();
	const struct service *bad = NULL;
	struct error err = {};

	assert_int_equal(model_validate_find(model, &bad, &err), 0);
	model_put(model, new_service("dns", "udp:192.0.2.10:53"));
	model_put(model, new_service("web2", "tcp:192.0.2.10:80"));
	model_put(model, new_service("web3", "tcp:192.0.2.10:80"));
	models_assert_error("address", model_validate_find(model, &bad, &err), -EEXIST, &err,
			    "address tcp:192.0.2.10:80 is that of service 'web' already");
	assert_string_equal(bad->name, "web2");
}

static void test_validate_counts_services(void **state)
{
	_cleanup_(model_free) struct model *model = model_new();
	const struct service *bad;
	char name[32], address[32];

	for (int i = 0; i <= SHUNT_SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		snprintf(address, sizeof(address), "tcp:10.1.%d.%d:80", i >> 8, i & 255);
		if (i == SHUNT_SERVICES_MAX)
			assert_int_equal(model_validate(model, NULL), 0);
		model_put(model, new_service(name, address));
	}
	assert_int_equal(model_count(model), SHUNT_SERVICES_MAX + 1);
	assert_int_equal(model_validate_find(model, &bad, NULL), -ENOSPC);
}

/* --- differences --- */

static void assert_changes(const struct model *from, const struct model *to, const char *want)
{
	_cleanup_(json_decref) json_t *changes = model_diff(from, to);
	_cleanup_free_ char *text = json_dumps(changes, JSON_COMPACT);

	assert_string_equal(text, want);
}

static void test_diff_of_keys(void **state)
{
	_cleanup_(model_free) struct model *from = web(), *to = web();
	struct service *service = model_find(to, "web", NULL);

	set(&backend_schema, &service->backends[0], "weight", "1"); /* as the default */
	assert_changes(from, to, "[]");
	set(&settings_schema, &to->settings, "interfaces", "eth0");
	set(&service_schema, service, "forward", "nat");
	set(&check_schema, &service->checks[0], "interval", "500ms");
	set(&backend_schema, &service->backends[1], "weight", "20");
	assert_changes(
		from, to,
		"[{\"action\":\"change\",\"object\":\"settings\",\"key\":\"interfaces\","
		"\"from\":\"\",\"to\":\"eth0\"},"
		"{\"action\":\"change\",\"object\":\"service\",\"service\":\"web\","
		"\"key\":\"forward\",\"from\":\"dr\",\"to\":\"nat\"},"
		"{\"action\":\"change\",\"object\":\"check\",\"service\":\"web\",\"name\":\"tcp\","
		"\"key\":\"interval\",\"from\":\"2s\",\"to\":\"500ms\"},"
		"{\"action\":\"change\",\"object\":\"backend\",\"service\":\"web\","
		"\"name\":\"10.0.0.12:80\",\"key\":\"weight\",\"from\":\"1\",\"to\":\"20\"}]");
}

static void test_diff_of_objects(void **state)
{
	_cleanup_(model_free) struct model *from = web(), *to = web();
	struct service *service = model_find(to, "web", NULL);
	struct check *check;

	model_put(from, new_service("old", "tcp:192.0.2.10:8080"));
	model_put(to, new_service("new", "tcp:192.0.2.10:8081"));
	service_remove_backend(service, &service->backends[0]);
	add_backend(service, "10.0.0.13");
	service_clear_checks(service);
	service_add_check(service, "none", &check, NULL);
	assert_changes(
		from, to,
		"[{\"action\":\"remove\",\"object\":\"service\",\"service\":\"old\"},"
		"{\"action\":\"remove\",\"object\":\"check\",\"service\":\"web\",\"name\":\"tcp\"},"
		"{\"action\":\"add\",\"object\":\"check\",\"service\":\"web\",\"name\":\"none\"},"
		"{\"action\":\"remove\",\"object\":\"backend\",\"service\":\"web\","
		"\"name\":\"10.0.0.11:80\"},"
		"{\"action\":\"add\",\"object\":\"backend\",\"service\":\"web\","
		"\"name\":\"10.0.0.13:80\"},"
		"{\"action\":\"add\",\"object\":\"service\",\"service\":\"new\"}]");
}

static void test_diff_sees_the_admin_that_holds(void **state)
{
	_cleanup_(model_free) struct model *from = web(), *to = web();
	struct backend *before = &model_find(from, "web", NULL)->backends[0];
	struct backend *after = &model_find(to, "web", NULL)->backends[0];

	set(&backend_schema, after, "override", "drain");
	assert_changes(from, to,
		       "[{\"action\":\"change\",\"object\":\"backend\",\"service\":\"web\","
		       "\"name\":\"10.0.0.11:80\",\"key\":\"admin\",\"from\":\"enabled\","
		       "\"to\":\"drain\"}]");
	set(&backend_schema, before, "admin", "drain");
	assert_changes(from, to, "[]");
	set(&backend_schema, before, "admin", "enabled");
	set(&backend_schema, before, "override", "drain");
	set(&backend_schema, after, "override", "none");
	set(&backend_schema, after, "admin", "drain");
	assert_changes(from, to, "[]");
}

static void test_diff_does_not_mind_the_order(void **state)
{
	_cleanup_(model_free) struct model *from = web(), *to = model_new();
	struct service *service = new_service("web", "tcp:192.0.2.10:80");

	add_backend(service, "10.0.0.12");
	add_backend(service, "10.0.0.11");
	service_complete(service);
	model_put(to, service);
	assert_changes(from, to, "[]");
}

static void test_carry_overrides(void **state)
{
	_cleanup_(model_free) struct model *from = web(), *to = web();
	struct service *old = model_find(from, "web", NULL), *new = model_find(to, "web", NULL);

	set(&backend_schema, &old->backends[0], "override", "drain");
	set(&backend_schema, &old->backends[1], "override", "disabled");
	add_backend(old, "10.0.0.14")->override = ADMIN_DRAIN; /* is no more */
	set(&backend_schema, &new->backends[1], "admin", "enabled");
	add_backend(new, "10.0.0.15");
	model_carry_overrides(to, from);
	assert_int_equal(backend_admin(&new->backends[0]), ADMIN_DRAIN);
	assert_true(schema_is_set(&backend_schema, &new->backends[0],
				  schema_find(&backend_schema, "override")));
	assert_int_equal(backend_admin(&new->backends[1]), ADMIN_ENABLED); /* the file says so */
	assert_int_equal(backend_admin(&new->backends[2]), ADMIN_ENABLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_service_validate),
		cmocka_unit_test(test_backend_forward),
		cmocka_unit_test(test_check_of_every_port),
		cmocka_unit_test(test_service_options),
		cmocka_unit_test(test_find_and_put),
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_nat_endpoints),
		cmocka_unit_test(test_nat_every_port),
		cmocka_unit_test(test_fullnat_pool),
		cmocka_unit_test(test_validate_finds_the_service),
		cmocka_unit_test(test_validate_counts_services),
		cmocka_unit_test(test_diff_of_keys),
		cmocka_unit_test(test_diff_of_objects),
		cmocka_unit_test(test_diff_sees_the_admin_that_holds),
		cmocka_unit_test(test_diff_does_not_mind_the_order),
		cmocka_unit_test(test_carry_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_model_json.c - the model as JSON and back. */
#include "unit/models.h"

#include <errno.h>

#include "model/model_json.h"

/* JSON with ' for ", so that it can be read here. */
static json_t *parse(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	json_error_t where;
	json_t *json;

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json = json_loads(copy, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
	if (!json)
		fail_msg("%s: %s", text, where.text);
	return json;
}

static int read_service(const char *text, struct service **ret, struct error *err)
{
	_cleanup_(json_decref) json_t *json = parse(text);

	return model_json_read_service(json, NULL, ret, err);
}

#define WEB "{'name': 'web', 'address': 'tcp:192.0.2.10:80'"

static void test_service(void **state)
{
	_cleanup_(service_free) struct service *service = NULL;
	_cleanup_(json_decref) json_t *json = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(
		read_service(
			WEB
			", 'forward': 'nat', 'status': {'up': 3}, 'checks': [{'name': 'tcp', "
			"'interval': '500ms', 'rise': 3}], 'backends': [{'address': '10.0.0.1', "
			"'weight': '10', 'backup': true}, {'address': '10.0.0.2:8080'}]}",
			&service, NULL),
		0);
	assert_int_equal(service->forward, SHUNT_FORWARD_NAT);
	assert_int_equal(service->checks[0].interval, 500);
	assert_int_equal(service->backends[0].weight, 10);
	json = model_json_service(service, MODEL_JSON_SET);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(
		text, "{\"name\":\"web\",\"address\":\"tcp:192.0.2.10:80\",\"forward\":\"nat\","
		      "\"checks\":[{\"name\":\"tcp\",\"interval\":\"500ms\",\"rise\":3}],"
		      "\"backends\":[{\"address\":\"10.0.0.1:80\",\"weight\":10,\"backup\":true},"
		      "{\"address\":\"10.0.0.2:8080\"}]}");
}

static void test_all_keys_are_shown(void **state)
{
	_cleanup_(service_free) struct service *service = NULL;
	_cleanup_(json_decref) json_t *json = NULL;
	const json_t *check;

	assert_int_equal(read_service(WEB "}", &service, NULL), 0);
	json = model_json_service(service, MODEL_JSON_ALL);
	for (size_t i = 0; i < service_schema.count; i++)
		assert_non_null(json_object_get(json, service_schema.keys[i].name));
	check = json_array_get(json_object_get(json, "checks"), 0);
	for (size_t i = 0; i < check_schema.count; i++)
		assert_non_null(json_object_get(check, check_schema.keys[i].name));
	assert_string_equal(json_string_value(json_object_get(check, "interval")), "2s");
	assert_int_equal(json_integer_value(json_object_get(check, "rise")), 2);
}

/* What is wrong, and what the error says. */
static const struct {
	const char *json;
	int code;
	const char *error;
} bad_services[] = {
	{"[]", -EINVAL, "expected an object"},
	{"{}", -EINVAL, "a service without \"name\""},
	{"{'name': 3}", -EINVAL, "a service without \"name\""},
	{"{'name': 'web'}", -EINVAL, "service 'web' has no address"},
	{"{'name': 'a b', 'address': 'tcp:192.0.2.10:80'}", -EINVAL, "'a b' is not a name"},
	{"{'name': 'a\\u0000b', 'address': 'tcp:192.0.2.10:80'}", -EINVAL, "without \"name\""},
	{WEB ", 'fordward': 'dr'}", -EINVAL,
	 "unknown key 'fordward' of a service; did you mean 'forward'"},
	{WEB ", 'forward': {}}", -EINVAL, "forward: not a value of this key; expected dr|nat"},
	{WEB ", 'forward': ['dr']}", -EINVAL, "forward: not a value"},
	{WEB ", 'forward': 'drr'}", -EINVAL, "forward: 'drr' is not one of dr, nat"},
	{WEB ", 'mss': 100}", -EINVAL, "mss: '100' is not one of off|auto|N"},
	{WEB ", 'mss': 'always'}", -EINVAL, "mss: 'always' is not one of off|auto|N"},
	{WEB ", 'toa': true}", -EINVAL, "toa needs forward = fullnat"},
	{WEB ", 'forward': 'fullnat', 'toa': 1}", -EINVAL, "toa: '1' is not true or false"},
	{WEB ", 'description': 'a\\u0000b'}", -EINVAL, "description: not a value"},
	{WEB ", 'table_size': 16384}", -EINVAL, "table_size: '16384' is not a prime"},
	{WEB ", 'table_size': 4093.5}", -EINVAL, "table_size: '4093.5' is not a number"},
	{WEB ", 'checks': {}}", -EINVAL, "checks: not a list"},
	{WEB ", 'checks': ['tcp']}", -EINVAL, "a check without \"name\""},
	{WEB ", 'checks': [{'name': 'http'}]}", -EINVAL,
	 "check 'http' of service 'web' has no kind"},
	{WEB ", 'checks': [{'name': 'tcp'}, {'name': 'tcp'}]}", -EEXIST,
	 "check 'tcp' exists already"},
	{WEB ", 'checks': [{'name': 'tcp', 'rise': 0}]}", -EINVAL, "check 'tcp': rise: '0' is not"},
	{WEB ", 'backends': 3}", -EINVAL, "backends: not a list"},
	{WEB ", 'backends': [3]}", -EINVAL, "a backend without \"address\""},
	{WEB ", 'backends': [{'address': '10.0.0.1', 'weight': -1}]}", -EINVAL,
	 "backend 10.0.0.1: weight: '-1' is not a number from 0 to 65535"},
	{WEB ", 'backends': [{'address': '10.0.0.1'}, {'address': '10.0.0.1:80'}]}", -EEXIST,
	 "backend 10.0.0.1:80 exists already"},
	{WEB ", 'backends': [{'address': '10.0.0.1:81'}]}", -EINVAL, "expected port 80"},
	{WEB ", 'backends': [{'address': 'fd00::1'}]}", -EINVAL, "IPv6"},
};

static void test_bad_services(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_services); i++) {
		struct service *service = NULL;
		struct error err = {};
		int r = read_service(bad_services[i].json, &service, &err);

		models_assert_error(bad_services[i].json, r, bad_services[i].code, &err,
				    bad_services[i].error);
		assert_null(service);
	}
}

static void test_name_of_path_and_body(void **state)
{
	_cleanup_(json_decref) json_t *json = parse(WEB "}");
	_cleanup_(service_free) struct service *service = NULL;
	struct error err = {};

	models_assert_error("renamed", model_json_read_service(json, "other", &service, &err),
			    -EINVAL, &err, "cannot be renamed; expected \"other\"");
	assert_int_equal(model_json_read_service(json, "web", &service, NULL), 0);
	service = service_free(service);
	json_object_del(json, "name");
	assert_int_equal(model_json_read_service(json, "other", &service, NULL), 0);
	assert_string_equal(service->name, "other");
}

static int patch(struct service *service, const char *text, struct error *err)
{
	_cleanup_(json_decref) json_t *json = parse(text);

	return model_json_patch_service(service, json, err);
}

static void test_patch(void **state)
{
	_cleanup_(service_free) struct service *service = NULL;

	assert_int_equal(
		read_service(WEB ", 'backends': [{'address': '10.0.0.1'}]}", &service, NULL), 0);
	assert_int_equal(patch(service, "{'forward': 'nat', 'description': 'x'}", NULL), 0);
	assert_int_equal(service->forward, SHUNT_FORWARD_NAT);
	assert_int_equal(service->backends_count, 1);
	assert_int_equal(
		patch(service, "{'forward': null, 'table_size': 16381, 'name': 'web'}", NULL), 0);
	assert_int_equal(service->forward, SHUNT_FORWARD_DR);
	assert_string_equal(service->description, "x");
	assert_int_equal(patch(service,
			       "{'backends': [{'address': '10.0.0.2'}, {'address': '10.0.0.3'}],"
			       " 'checks': [{'name': 'none', 'kind': null}]}",
			       NULL),
			 0);
	assert_int_equal(service->backends_count, 2);
	assert_int_equal(service->checks[0].kind, CHECK_NONE);
	assert_int_equal(patch(service, "{'backends': [], 'checks': []}", NULL), 0);
	assert_int_equal(service->backends_count, 0);
	assert_int_equal(service->checks[0].kind, CHECK_TCP); /* again by default */
}

static void test_fixed_keys(void **state)
{
	_cleanup_(service_free) struct service *service = NULL;
	struct error err = {};

	assert_int_equal(read_service(WEB "}", &service, NULL), 0);
	models_assert_error("size", patch(service, "{'table_size': 4093}", &err), -EINVAL, &err,
			    "table_size cannot be changed from 16381 to 4093; remove the service");
	service = service_free(service);
	assert_int_equal(read_service(WEB "}", &service, NULL), 0);
	err = (struct error){};
	models_assert_error("name", patch(service, "{'name': 'web2'}", &err), -EINVAL, &err,
			    "cannot be renamed");
	assert_int_equal(patch(service, "{'address': 'tcp:192.0.2.10:80'}", NULL), 0);
}

/* Values of every kind may also be text, as the command line sends them. */
static void test_values_as_text(void **state)
{
	_cleanup_(json_decref) json_t *json =
		parse("{'interfaces': 'eth0,eth1', 'slots_max': '16384'}");
	_cleanup_(json_decref) json_t *list = parse("{'interfaces': ['eth0', 'eth1']}");
	_cleanup_(json_decref) json_t *comma = parse("{'interfaces': ['eth0,eth1']}");
	struct settings settings = {};

	schema_init(&settings_schema, &settings);
	assert_int_equal(model_json_set(&settings_schema, &settings, json, NULL, false, NULL), 0);
	assert_int_equal(settings.interfaces.n, 2);
	assert_int_equal(settings.slots_max, 16384);
	assert_int_equal(model_json_set(&settings_schema, &settings, list, NULL, false, NULL), 0);
	assert_int_equal(settings.interfaces.n, 2);
	assert_int_equal(model_json_set(&settings_schema, &settings, comma, NULL, false, NULL),
			 -EINVAL);
	schema_clear(&settings_schema, &settings);
}

static const struct {
	const char *json, *error;
} bad_models[] = {
	{"3", "not a model"},
	{"{'setings': {}}", "unknown member 'setings' of a model"},
	{"{'settings': {'unmached': 'drop'}}", "unknown key 'unmached' of the settings"},
	{"{'services': {}}", "services: not a list"},
	{"{'services': [{'name': 'a', 'address': 'tcp:1.2.3.4:0'}]}",
	 "service 1 of the list: address"},
	{"{'services': [" WEB "}, " WEB "}]}", "service 'web' is there twice"},
	{"{'services': [" WEB "}, {'name': 'b', 'address': 'tcp:192.0.2.10:80'}]}",
	 "service 'b': address tcp:192.0.2.10:80 is that of service 'web' already"},
};

static void test_bad_models(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_models); i++) {
		_cleanup_(json_decref) json_t *json = parse(bad_models[i].json);
		struct model *model = NULL;
		struct error err = {};
		int r = model_json_read_model(json, &model, &err);

		models_assert_error(bad_models[i].json, r, err.code, &err, bad_models[i].error);
		assert_int_not_equal(r, 0);
		assert_null(model);
	}
}

/* Every random model comes back the same, in each of the two forms. */
static void test_models_read_back(void **state)
{
	__u64 seed = 3;

	for (int i = 0; i < 500; i++) {
		_cleanup_(model_free) struct model *model = models_random_model(&seed);

		for (int which = MODEL_JSON_ALL; which <= MODEL_JSON_SET; which++) {
			_cleanup_(model_free) struct model *back = NULL;
			_cleanup_(json_decref) json_t *json = model_json_model(model, which),
						      *again = NULL;
			struct error err = {};

			if (model_json_read_model(json, &back, &err))
				fail_msg("seed 3, model %d: %s", i, err.text);
			models_assert_same(model, back, "seed 3");
			again = model_json_model(back, which);
			assert_true(json_equal(json, again)); /* also what is set, and overrides */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_all_keys_are_shown),
		cmocka_unit_test(test_bad_services),
		cmocka_unit_test(test_name_of_path_and_body),
		cmocka_unit_test(test_patch),
		cmocka_unit_test(test_fixed_keys),
		cmocka_unit_test(test_values_as_text),
		cmocka_unit_test(test_bad_models),
		cmocka_unit_test(test_models_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

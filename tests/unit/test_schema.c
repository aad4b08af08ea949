/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_schema.c - the tables: values in and out, defaults, the set mask, errors. */
#include "unit/models.h"

#include <errno.h>

static const struct schema *const schemas[] = {&settings_schema, &service_schema, &backend_schema,
					       &check_schema};

/* Room for any of the objects. */
union object {
	struct settings settings;
	struct service service;
	struct backend backend;
	struct check check;
};

static void test_tables_are_sound(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++) {
		const struct schema *schema = schemas[i];

		assert_true(schema->count <= 64);
		for (size_t k = 0; k < schema->count; k++) {
			const struct schema_key *key = &schema->keys[k];
			struct error err = {};

			if (key->fallback && schema_test(key, key->fallback, &err))
				fail_msg("%s.%s: the default is refused: %s", schema->object,
					 key->name, err.text);
			assert_non_null(key->help);
			assert_non_null(key->arg);
			assert_true(strspn(key->name, "abcdefghijklmnopqrstuvwxyz_") ==
				    strlen(key->name));
			assert_ptr_equal(schema_find(schema, key->name), key);
		}
	}
}

static void test_defaults(void **state)
{
	struct check check = {};
	struct backend backend = {};
	struct service service = {};

	schema_init(&check_schema, &check);
	assert_int_equal(check.interval, 2000);
	assert_int_equal(check.timeout, 1000);
	assert_int_equal(check.rise, 2);
	assert_int_equal(check.fall, 3);
	assert_int_equal(check.set, 0);
	schema_init(&backend_schema, &backend);
	assert_int_equal(backend.weight, 1);
	assert_int_equal(backend.admin, ADMIN_ENABLED);
	assert_int_equal(backend.override, ADMIN_NO_OVERRIDE);
	schema_init(&service_schema, &service);
	assert_int_equal(service.table_size, 16381);
	assert_int_equal(service.forward, SHUNT_FORWARD_DR);
}

static void test_values_read_back(void **state)
{
	__u64 seed = 2;

	for (size_t round = 0; round < 2000; round++) {
		const struct schema *schema = schemas[round % ARRAY_SIZE(schemas)];
		union object a = {}, b = {}, c = {};

		schema_init(schema, &a);
		schema_init(schema, &b);
		models_random_keys(&seed, schema, &a);
		schema_copy(schema, &c, &a);
		for (size_t k = 0; k < schema->count; k++) {
			const struct schema_key *key = &schema->keys[k];
			_cleanup_free_ char *text = schema_format(key, &a);

			assert_int_equal(schema_is_set(schema, &a, key),
					 schema_is_set(schema, &c, key));
			assert_true(schema_equal(key, &a, &c));
			if (!schema_is_set(schema, &a, key))
				continue;
			assert_int_equal(schema_set(schema, &b, key, text, NULL), 0);
			assert_true(schema_equal(key, &a, &b));
			assert_true(schema_is_set(schema, &b, key));
			schema_reset(schema, &b, key);
			assert_false(schema_is_set(schema, &b, key));
		}
		schema_clear(schema, &a);
		schema_clear(schema, &b);
		schema_clear(schema, &c);
	}
}

struct bad_value {
	const struct schema *schema;
	const char *key, *text, *error;
};

static const struct bad_value bad_values[] = {
	{&backend_schema, "weight", "-1", "weight: '-1' is not a number from 0 to 65535"},
	{&backend_schema, "weight", "65536", "weight: '65536' is not a number from 0 to 65535"},
	{&backend_schema, "backup", "maybe", "backup: 'maybe' is not true or false"},
	{&backend_schema, "admin", "none", "admin: 'none' is not one of enabled, drain, disabled"},
	{&backend_schema, "description", "two\nlines", "is not one line of UTF-8 text"},
	{&backend_schema, "description", "\xff", "is not one line of UTF-8 text"},
	{&service_schema, "table_size", "16384", "'16384' is not a prime number"},
	{&service_schema, "table_size", "241", "is not a number from 251"},
	{&service_schema, "forward", "", "'' is not one of dr, nat"},
	{&service_schema, "address", "tcp:1.2.3.4:0", "address: '0' is not a port"},
	{&check_schema, "interval", "1ms", "interval: '1ms' is not a time from 100ms to 1h"},
	{&settings_schema, "seed", "xyz", "1 to 16 hexadecimal digits"},
	{&settings_schema, "seed", "0000", "not all of them 0"},
	{&settings_schema, "seed", "11112222333344445", "1 to 16 hexadecimal digits"},
	{&settings_schema, "interfaces", "eth0,interface-too-long", "'interface-too-long'"},
	{&service_schema, "mss", "535", "'535' is not one of off|auto|N, with N from 536 to 9000"},
	{&service_schema, "mss", "9001", "with N from 536 to 9000"},
	{&service_schema, "mss", "1", "with N from 536 to 9000"},
	{&service_schema, "mss", "", "with N from 536 to 9000"},
	{&settings_schema, "fullnat_ports", "1023-2000", "LOW-HIGH within 1024-65535"},
	{&settings_schema, "fullnat_pool", "192.0.2.0/28", "'192.0.2.0/28' is a prefix; expected"},
	{&settings_schema, "fullnat_pool", "192.0.2.1, 192.0.2.1", "has 192.0.2.1 twice"},
	{&settings_schema, "fullnat_pool", "127.0.0.1", "expected a unicast address"},
	{&settings_schema, "fullnat_pool", "192.0.2.1,fe80::1", "valid on one link only"},
	{&settings_schema, "fullnat_pool", "eth0", "'eth0' is not an address or a prefix"},
	{&settings_schema, "tunnel_source", "192.0.2.1,192.0.2.2", "has two IPv4 addresses"},
	{&settings_schema, "tunnel_source", "2001:db8::1,2001:db8::2", "has two IPv6 addresses"},
	{&settings_schema, "tunnel_source", "192.0.2.1,2001:db8::1,192.0.2.2", "is one too many"},
	{&settings_schema, "tunnel_source", "192.0.2.1/24", "bits are set beyond its length"},
	{&settings_schema, "tunnel_source", "10.0.0.0/15", "(a prefix of /16 or longer)"},
	{&settings_schema, "tunnel_source", "2001:db8::/111", "(a prefix of /112 or longer)"},
	{&settings_schema, "tunnel_source", "224.0.0.0/16", "source 224.0.0.0 cannot be"},
};

static void test_bad_values_change_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_values); i++) {
		const struct bad_value *bad = &bad_values[i];
		const struct schema_key *key = schema_find(bad->schema, bad->key);
		union object object = {}, before = {};
		struct error err = {};
		int r;

		schema_init(bad->schema, &object);
		schema_init(bad->schema, &before);
		r = schema_set(bad->schema, &object, key, bad->text, &err);
		models_assert_error(bad->text, r, -EINVAL, &err, bad->error);
		assert_memory_equal(&object, &before, sizeof(object));
		err = (struct error){};
		r = schema_test(key, bad->text, &err);
		models_assert_error(bad->text, r, -EINVAL, &err, bad->error);
	}
}

static void test_description_too_long(void **state)
{
	const struct schema_key *key = schema_find(&service_schema, "description");
	char text[202];

	memset(text, 'x', sizeof(text) - 1);
	text[201] = '\0';
	assert_int_equal(schema_test(key, text, NULL), -EINVAL);
	text[200] = '\0';
	assert_int_equal(schema_test(key, text, NULL), 0);
}

static void test_lists(void **state)
{
	const struct schema_key *key = schema_find(&settings_schema, "interfaces");
	struct settings settings = {};
	_cleanup_free_ char *text = NULL;

	schema_init(&settings_schema, &settings);
	assert_int_equal(schema_set(&settings_schema, &settings, key, "eth0, eth1,,wan", NULL), 0);
	assert_int_equal(settings.interfaces.n, 3);
	assert_true(strings_contain(&settings.interfaces, "wan"));
	assert_false(strings_contain(&settings.interfaces, "eth"));
	text = schema_format(key, &settings);
	assert_string_equal(text, "eth0,eth1,wan");
	schema_clear(&settings_schema, &settings);
}

static void test_addresses(void **state)
{
	const struct schema_key *key = schema_find(&settings_schema, "fullnat_pool");
	struct settings settings = {};
	_cleanup_free_ char *text = NULL;
	char many[PREFIXES_MAX * 16 + 32] = "", *end = many;

	schema_init(&settings_schema, &settings);
	assert_int_equal(settings.fullnat_pool.n, 0);
	assert_int_equal(settings.fullnat_ports.low, 1024);
	assert_int_equal(settings.fullnat_ports.high, 32767);
	assert_int_equal(
		schema_set(&settings_schema, &settings, key, "192.0.2.7/32,, 2001:0db8::1", NULL),
		0);
	text = schema_format(key, &settings);
	assert_string_equal(text, "192.0.2.7,2001:db8::1");
	for (int i = 0; i <= MODEL_POOL_MAX; i++) {
		assert_int_equal(schema_test(key, many, NULL), 0);
		end += snprintf(end, 16, "10.0.0.%d,", i);
	}
	assert_int_equal(schema_test(key, many, NULL), -EINVAL);
	schema_clear(&settings_schema, &settings);
}

static void test_choices(void **state)
{
	const struct schema_key *key = schema_find(&service_schema, "mss");
	static const struct {
		const char *text;
		uint32_t value;
	} cases[] = {{"off", 0}, {"auto", 1}, {"536", 536}, {"9000", 9000}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct service service = {};
		_cleanup_free_ char *text = NULL;

		schema_init(&service_schema, &service);
		assert_int_equal(schema_set(&service_schema, &service, key, cases[i].text, NULL),
				 0);
		assert_int_equal(service.mss, cases[i].value);
		text = schema_format(key, &service);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_names(void **state)
{
	struct error err = {};

	assert_ptr_equal(schema_find(&service_schema, "table-size"),
			 schema_find(&service_schema, "table_size"));
	assert_null(schema_find(&service_schema, "table"));
	assert_null(schema_find(&service_schema, "table_sizes"));
	assert_null(schema_lookup(&backend_schema, "wieght", &err));
	assert_string_equal(err.text, "unknown key 'wieght' of a backend; did you mean 'weight'?");
	assert_null(schema_lookup(&settings_schema, "zzz", &err));
	assert_string_equal(err.text, "unknown key 'zzz' of the settings");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_sound),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values_read_back),
		cmocka_unit_test(test_bad_values_change_nothing),
		cmocka_unit_test(test_description_too_long),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_config.c - shunt.conf: what is read, what is refused and where, what is written. */
#include "unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"

#define VIP "address = \"tcp:192.0.2.10:80\"\n"

/* Reads it; the test ends if it is refused. */
static struct model *read_text(const char *text)
{
	struct model *model = NULL;
	struct error err = {};

	if (config_read_text(text, "test.conf", &model, &err))
		fail_msg("%s:%u: %s\n%s", err.file, err.line, err.text, text);
	return model;
}

static struct model *read_file(const char *path, char *ret_digest)
{
	struct model *model = NULL;
	struct error err = {};

	if (config_read(path, &model, ret_digest, &err))
		fail_msg("%s:%u: %s", err.file, err.line, err.text);
	return model;
}

/* --- what is read --- */

static void test_the_example(void **state)
{
	_cleanup_(model_free) struct model *model = read_text(
		"interfaces = {\"eth0\", \"eth1\"}\n"
		"service \"web\" {\n"
		"    address   = \"tcp:192.0.2.10:80\"\n"
		"    scheduler = maglev\n"
		"    forward   = dr\n"
		"    check \"tcp\" { interval = 2s  timeout = 1500ms  rise = 2  fall = 4 }\n"
		"    backend \"10.0.0.11\" { weight = 10 }\n"
		"    backend \"10.0.0.12\" { weight = 20  admin = drain }\n"
		"    backend \"10.0.0.13\" { backup = true }\n"
		"}\n");
	const struct service *web = model_find(model, "web", NULL);

	assert_int_equal(model->settings.interfaces.n, 2);
	assert_string_equal(model->settings.interfaces.v[1], "eth1");
	assert_int_equal(web->backends_count, 3);
	assert_int_equal(web->backends[1].weight, 20);
	assert_int_equal(backend_admin(&web->backends[1]), ADMIN_DRAIN);
	assert_true(web->backends[2].backup);
	assert_int_equal(web->backends[2].at.port, 80);
	assert_int_equal(web->checks_count, 1);
	assert_int_equal(web->checks[0].timeout, 1500);
	assert_int_equal(web->checks[0].fall, 4);
}

/* Ways to write the same. */
static void test_freedom_of_form(void **state)
{
	static const char *const same[] = {
		"interfaces = {\"eth0\"} service \"web\" { " VIP
		" backend \"10.0.0.1\" { weight = 3 } }",
		"interfaces = eth0\nservice web {\n\tbackend 10.0.0.1:80 { weight = '3' }\n\t"
		"address = tcp:192.0.2.10:80\n}",
		"\xef\xbb\xbf"
		"interfaces={eth0}\r\nservice 'web'{address='tcp:192.0.2.10:80'\r\n"
		"backend'10.0.0.1'{weight=3}}\r\n",
		"# first\ninterfaces += {eth0,} // second\n/* third\n   } */ service \"web\" # "
		"{\n{ " VIP
		"check tcp {}\nbackend /* here { */ \"10.0.0.1\" { weight = 3 } }//last",
	};
	_cleanup_(model_free) struct model *first = read_text(same[0]);

	for (size_t i = 1; i < ARRAY_SIZE(same); i++) {
		_cleanup_(model_free) struct model *other = read_text(same[i]);

		models_assert_same(first, other, same[i]);
	}
}

static void test_settings_alone(void **state)
{
	_cleanup_(model_free) struct model *model = read_text("unmatched = drop\nseed = 1f");

	assert_int_equal(model->settings.unmatched, UNMATCHED_DROP);
	assert_int_equal(model->settings.seed, 0x1f);
	assert_int_equal(model_count(model), 0);
}

static void test_order_of_services(void **state)
{
	_cleanup_(model_free) struct model *model =
		read_text("service b { address = tcp:192.0.2.10:1 }\n"
			  "service a { address = tcp:192.0.2.10:2 }\n"
			  "service c { address = tcp:192.0.2.10:3 }\n");
	const struct service *s = model->services;

	assert_string_equal(s->name, "b");
	assert_string_equal((s = s->by_name.next)->name, "a");
	assert_string_equal((s = s->by_name.next)->name, "c");
}

/* Double quotes and no quotes expand variables of the environment, single quotes do not. */
static void test_environment(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{"\"<${SHUNT_TEST}>\"", "<value>"},
		{"${SHUNT_TEST}", "value"},
		{"'<${SHUNT_TEST}>'", "<${SHUNT_TEST}>"},
		{"\"<\\${SHUNT_TEST}>\"", "<${SHUNT_TEST}>"},
		{"\"<${SHUNT_NONE:-other}>\"", "<other>"},
		{"\"<${SHUNT_NONE}>\"", "<>"},
		{"\"$SHUNT_TEST $5 $\"", "$SHUNT_TEST $5 $"},
		{"\"a\\\"b\\\\c\\x41\\102\"", "a\"b\\cAB"},
		{"'a\"b\\\\c\\'d\\x41'", "a\"b\\c'd\\x41"},
		{"\"# no // comment /* } here\"", "# no // comment /* } here"},
	};

	setenv("SHUNT_TEST", "value", 1);
	unsetenv("SHUNT_NONE");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text =
			mem_printf("service web { " VIP " description = %s }", cases[i].value);
		_cleanup_(model_free) struct model *model = read_text(text);

		assert_string_equal(model->services->description, cases[i].want);
	}
}

/* --- what is refused --- */

struct refused {
	const char *text;
	unsigned int line;
	const char *error;
};

static const struct refused refused[] = {
	/* nothing in it */
	{"", 0, "is empty; expected settings, or a service"},
	{" \n\t\r\n", 0, "is empty"},
	{"# a comment\n/* and another */\n", 0, "is empty"},
	/* braces: libconfuse takes the end of the file for the last one */
	{"service web {\n" VIP, 1, "a section begins here and does not end; expected a '}'"},
	{"\nservice web {\n" VIP "backend 10.0.0.1 {\n weight = 3\n}\n", 2, "expected a '}'"},
	{"\nservice web {\n" VIP "backend 10.0.0.1 {\n weight = 3\n", 4, "expected a '}'"},
	{"service web { " VIP "}\n}\n", 3, "a '}' too many"},
	{"interfaces = {eth0\n\nseed = 1", 3, "unexpected token"},
	{"interfaces = {eth0", 1, "premature end of file"},
	{"service web\n" VIP, 2, "missing opening brace for section 'service'"},
	{"service {\n" VIP "}", 1, "missing title for section 'service'"},
	{"service a b {}", 1, "missing opening brace"},
	/* the same twice: the second would win silently */
	{"service web { " VIP "}\nservice web { address = tcp:192.0.2.11:80 }", 3,
	 "a second section 'web'"},
	{"service web { " VIP "check tcp {}\ncheck tcp {} }", 3, "a second section 'tcp'"},
	{"service web { " VIP "backend 10.0.0.1 {}\nbackend 10.0.0.1 {} }", 3,
	 "a second section '10.0.0.1'"},
	{"service web { " VIP "backend 10.0.0.1 {}\nbackend 10.0.0.1:80 {} }", 3,
	 "backend 10.0.0.1:80 exists already in service 'web'"},
	{"unmatched = drop\nunmatched = pass", 2, "unmatched is given twice"},
	{"interfaces = {a, b}\ninterfaces = {c}", 2, "interfaces is given twice"},
	{"service web {\n" VIP "backend 10.0.0.1 { weight = 1\n weight = 1 } }", 4,
	 "weight is given twice"},
	/* keys */
	{"\nunmached = drop", 2,
	 "unknown key 'unmached' of the settings; did you mean 'unmatched'?"},
	{"servcie web {}", 1, "unknown key 'servcie' of the settings; did you mean 'service'?"},
	{"service web {\n\n fordward = dr }", 3,
	 "unknown key 'fordward' of a service; did you mean 'forward'?"},
	{"service web { backend 10.0.0.1 {\n wieght = 3 } }", 2,
	 "unknown key 'wieght' of a backend; did you mean 'weight'?"},
	{"service web { check tcp { risse = 3 } }", 1,
	 "unknown key 'risse' of a check; did you mean 'rise'?"},
	{"service web { weight = 3 }", 1,
	 "'weight' is no key of a service; it is one of a backend"},
	{"service web { service x {} }", 1, "unknown key 'service' of a service"},
	{"backend 10.0.0.1 {}", 1, "unknown key 'backend' of the settings"},
	{"service web { backend 10.0.0.1 { override = drain } }", 1, "unknown key 'override'"},
	{"service web { address = tcp:192.0.2.10:80; forward = nat; }", 1, "'80;' is not a port"},
	{"service web { forward = 'nat'; }", 1, "a ';' in a service"},
	{"zzz = 1", 1, "unknown key 'zzz' of the settings"},
	{"service web { " VIP "}\nservice|forward = nat", 3, "'|' and '$' are in no key"},
	{"'seed' = 1", 1, "a quoted text in place of a key"},
	{"${HOME} = 1", 1, "are in no key"},
	{"seed 3", 1, "missing equal sign after option 'seed'"},
	{"seed += 3", 1, "attempt to append to non-list option 'seed'"},
	{"seed = {3}", 1, "unexpected token '{'"},
	{"seed =", 1, "premature end of file"},
	{"seed = }", 1, "unexpected token '}'"},
	{"= 3", 1, "unexpected token '='"},
	{"seed(3)", 1, "missing equal sign"},
	/* characters that libconfuse would leave out, quotes that do not end */
	{"service web { backend 10.0.0.1 { weight = +5 } }", 1, "a stray '+'"},
	{"service web { backend 10.0.0.1 { weight = 5* } }", 1, "a stray '*'"},
	{"seed = \"12\nunmatched = drop\n", 1, "a quoted text begins here and does not end"},
	{"seed = '12\nunmatched = drop\n", 1, "a quoted text begins here and does not end"},
	{"\nseed = 12 /* more", 2, "a comment begins here and does not end; expected */"},
	{"seed = \"${HOME\"\nunmatched = drop # }", 1, "'${' begins the name of a variable"},
	{"seed = \"\\400\"", 1, "invalid octal number"},
	{"seed = 1\nseed\001 = 2", 2, "a control character; expected text"},
	{"seed = \"1\033\"", 1, "a control character; expected text"},
	{"PK\003\004\024", 1, "a control character; expected text"},
	/* values, with the line where they stand, comments or not */
	{"# one\n# two\n/* three\n four */ // four\nunmatched = dorp", 5,
	 "unmatched: 'dorp' is not one of pass, drop"},
	{"interfaces = {eth0,\n interface-too-long }", 2, "interfaces: 'interface-too-long'"},
	{"fullnat_pool = {192.0.2.1,\n 192.0.2.0/24 }", 2,
	 "fullnat_pool: '192.0.2.0/24' is a prefix"},
	{"tunnel_source = {192.0.2.1,\n 192.0.2.1/24 }", 2, "bits are set beyond its length"},
	{"tunnel_source = {192.0.2.1,\n 192.0.2.2 }\n", 2, "has two IPv4 addresses"},
	{"\nfullnat_ports = 40000", 2, "fullnat_ports: '40000' is not a range of ports"},
	{"service web {\n" VIP "mss = 9001 }", 3, "mss: '9001' is not one of off|auto|N"},
	{"service web {\n" VIP "backend 10.0.0.1 { weight = -1 } }", 3,
	 "weight: '-1' is not a number from 0 to 65535"},
	{"service web {\n" VIP "backend 10.0.0.1 {\n weight = 65536 } }", 4,
	 "weight: '65536' is not a number from 0 to 65535"},
	{"service web {\n" VIP "table_size = 16384 }", 3, "table_size: '16384' is not a prime"},
	{"service web {\n" VIP "check tcp { interval = 2y } }", 3, "interval: '2y' is not a time"},
	{"service web {\n address = tcp:192.0.2.10:0 }", 2, "address: '0' is not a port"},
	{"service web {\n address = tcp:192.0.2.256:80 }", 2,
	 "address: '192.0.2.256' is not an IP"},
	/* what does not fit together, with the line where the section begins */
	{"\nservice web {\n forward = nat\n}", 2, "service 'web' has no address; expected"},
	{"\nservice 'a b' {\n" VIP "}", 2, "'a b' is not a name of a service"},
	{"service web {\n" VIP "\nbackend 10.0.0.1:8080\n{\n weight = 1\n}\n}", 4,
	 "backend 10.0.0.1:8080: forward = dr does not translate ports"},
	{"service web {\n" VIP "backend fd00::1 {\n}\n}", 3,
	 "IPv6 address and service 'web' is IPv4"},
	{"service a { address='tcp:192.0.2.10:*' check none {}\nbackend 10.0.0.1:80 {} }", 2,
	 "backend 10.0.0.1:80: a service on every port keeps each packet's"},
	{"service a { address='tcp:192.0.2.10:*'\ncheck tcp {} }", 2,
	 "a service on every port has none to check"},
	{"service a {\n" VIP "backend 10.0.0.1 { forward = dsr } }", 3,
	 "forward: 'dsr' is not one of service, dr, nat"},
	{"service web {\n" VIP "backend 10.0.0 {\n}\n}", 3, "'10.0.0' is not an IP address"},
	{"fullnat_pool = 2001:db8::1\nservice web {\n" VIP "forward = fullnat\n}", 2,
	 "expected an IPv4 address in that setting"},
	{"fullnat_pool = 192.0.2.10\nservice web {\n" VIP "\n}", 2,
	 "VIP 192.0.2.10 is in fullnat_pool"},
	{"tunnel_source = 192.0.2.0/24\nservice web {\n" VIP "\n}", 2,
	 "VIP 192.0.2.10 is in tunnel_source"},
	{"service web {\n" VIP "toa = yes\n}", 1, "toa needs forward = fullnat"},
	{"service web { address = udp:192.0.2.1:53 mss = auto }", 1, "mss is of TCP alone"},
	{"service web {\n" VIP "check http {\n}\n}", 3,
	 "check 'http' of service 'web' has no kind"},
	{"service web {\n" VIP "}\n\nservice web2 {\n" VIP "}", 5,
	 "address tcp:192.0.2.10:80 is that of service 'web' already"},
	{"service a { forward=nat address=tcp:192.0.2.1:80 backend 10.0.0.1:80 {} }\n"
	 "service b { forward=nat address=tcp:192.0.2.2:80 backend 10.0.0.1:80 {} }",
	 2, "backend 10.0.0.1:80 is already one of nat service 'a'"},
	/* text from elsewhere must not have our files read */
	{"\ninclude(\"/etc/passwd\")", 2, "include() is for the daemon's own file"},
	{"service web {\n include(\"x\") }", 2, "include() in a service; expected it outside"},
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct refused *c = &refused[i];
		struct model *model = NULL;
		struct error err = {};
		int r = config_read_text(c->text, "test.conf", &model, &err);

		models_assert_error(c->text, r, r, &err, c->error);
		assert_true(r < 0 && r != -ENOENT);
		assert_null(model);
		if (err.line != c->line || strcmp(err.file, "test.conf") != 0)
			fail_msg("%s: %s:%u: %s, expected line %u", c->text, err.file, err.line,
				 err.text, c->line);
		/* and whatever it was, the next one is read as ever */
		model = read_text("seed = \"1\"");
		model_free(model);
	}
}

/* All that is wrong is returned, nothing is printed. */
static void test_silence(void **state)
{
	const char *path = scratch_path(state, "stderr");
	int saved = dup(STDERR_FILENO), fd = open(path, O_CREAT | O_WRONLY, 0600);
	struct stat st;

	assert_true(saved >= 0 && fd >= 0);
	dup2(fd, STDERR_FILENO);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct model *model;

		config_read_text(refused[i].text, "test.conf", &model, NULL);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void test_long_words(void **state)
{
	_cleanup_free_ char *text = mem_zalloc(100000);
	struct model *model;
	struct error err = {};

	memset(text, 'x', 99999);
	assert_int_equal(config_read_text(text, "test.conf", &model, &err), -EINVAL);
	assert_non_null(strstr(err.text, "a word that is too long"));
	memcpy(text, "seed = \"", 8);
	assert_int_equal(config_read_text(text, "test.conf", &model, &err), -EINVAL);
	assert_non_null(strstr(err.text, "too long or does not end"));
}

static void test_too_many_services(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct model *model;
	struct error err = {};

	for (int i = 0; i <= SHUNT_SERVICES_MAX; i++)
		fprintf(out, "service s%d { address = tcp:10.0.%d.%d:80 }\n", i, i >> 8, i & 255);
	fclose(out);
	models_assert_error("services", config_read_text(text, "test.conf", &model, &err), -ENOSPC,
			    &err, "one service too many; expected at most 4096");
	assert_int_equal(err.line, SHUNT_SERVICES_MAX + 1);
	free(text);
}

/* --- files --- */

static void test_bad_files(void **state)
{
	static const char with_nul[] = "seed = 1\nunmatched\0 = drop\n";
	const char *path = scratch_path(state, "big.conf");
	struct model *model;
	struct error err = {};

	models_assert_error("missing",
			    config_read(scratch_path(state, "none.conf"), &model, NULL, &err), -EIO,
			    &err, "none.conf: cannot be read: No such file or directory");
	err = (struct error){};
	models_assert_error("directory", config_read(*state, &model, NULL, &err), -EISDIR, &err,
			    "is a directory; expected a file");
	scratch_write_bytes(state, "nul.conf", with_nul, sizeof(with_nul) - 1);
	err = (struct error){};
	models_assert_error("nul", config_read(scratch_path(state, "nul.conf"), &model, NULL, &err),
			    -EINVAL, &err, "a control character; expected text");
	assert_int_equal(err.line, 2);
	scratch_write(state, "big.conf", "");
	assert_int_equal(truncate(path, CONFIG_BYTES_MAX + 1), 0);
	err = (struct error){};
	models_assert_error("big", config_read(path, &model, NULL, &err), -EFBIG, &err,
			    "big.conf: is too large; expected at most 16777216 bytes");
}

static void test_unreadable_file(void **state)
{
	const char *path = scratch_write(state, "secret.conf", "seed = 1");
	struct model *model;
	struct error err = {};

	assert_int_equal(chmod(path, 0), 0);
	if (geteuid() == 0 && seteuid(65534))
		skip(); /* root reads everything */
	models_assert_error("secret", config_read(path, &model, NULL, &err), -EACCES, &err,
			    "cannot be read: Permission denied");
	assert_int_equal(seteuid(getuid()), 0);
}

static void test_include(void **state)
{
	_cleanup_(model_free) struct model *model = NULL;

	assert_int_equal(mkdir(scratch_path(state, "conf.d"), 0700), 0);
	scratch_write(state, "conf.d/2.conf", "service two { address = tcp:192.0.2.2:80 }");
	scratch_write(state, "conf.d/1.conf",
		      "service one { address = tcp:192.0.2.1:80 }\ninclude('more.inc')");
	scratch_write(state, "conf.d/more.inc", "service more { address = tcp:192.0.2.4:80 }");
	scratch_write(state, "conf.d/not", "nonsense");
	scratch_write(state, "empty.conf", "");
	model = read_file(scratch_write(state, "shunt.conf",
					"service first { address = tcp:192.0.2.9:80 }\n"
					"include(\"conf.d/*.conf\")\ninclude(empty.conf)\n"
					"include(\"none.d/*.conf\") unmatched = drop\n"
					"service last { address = tcp:192.0.2.8:80 }\n"),
			  NULL);
	static const char *const want[] = {"first", "one", "more", "two", "last"};
	const struct service *s = model->services;

	assert_int_equal(model_count(model), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++, s = s->by_name.next)
		assert_string_equal(s->name, want[i]);
	assert_int_equal(model->settings.unmatched, UNMATCHED_DROP);
}

/* What is wrong stands where it is wrong: in the file included, or in the one that includes. */
static void test_include_errors(void **state)
{
	static const struct {
		const char *main, *included, *file;
		unsigned int line;
		const char *error;
	} cases[] = {
		{"\ninclude('x.inc')", "\n\nsed = 1", "/x.inc", 3, "did you mean 'seed'"},
		{"\ninclude('x.inc')", "service web {", "/x.inc", 1, "expected a '}'"},
		{"include('x.inc')\nseed = 1\n", "seed = 2\n\n", "/main.conf", 2,
		 "seed is given twice"},
		{"include('x.inc')\n\nzzz = 1", "seed = 2\n\n\n\n", "/main.conf", 3,
		 "unknown key 'zzz'"},
		{"\ninclude('none.inc')", "", "/main.conf", 2, "there is no such file"},
		{"\ninclude('.')", "", "/main.conf", 2, "is a directory"},
		{"\ninclude('x.inc')", "\n\ninclude('main.conf')", "/x.inc", 3, "includes itself"},
		{"\ninclude('x.inc')", "include('x.inc')", "/x.inc", 1, "includes itself"},
		{"\ninclude('*')", "", "/main.conf", 2, "includes itself"},
		{"include()", "", "/main.conf", 1, "expected one file or pattern"},
		{"include(a, b)", "", "/main.conf", 1, "expected one file or pattern"},
		{"include('')", "", "/main.conf", 1, "expected a file or pattern"},
		{"include = 'x.inc'", "", "/main.conf", 1, "missing parenthesis"},
		{"include('x.inc'\n", "", "/main.conf", 2, "expected one file or pattern"},
		{"service a {\n" VIP "}\ninclude('x.inc')", "\nservice b {\n" VIP "}", "/x.inc", 2,
		 "is that of service 'a' already"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct model *model = NULL;
		struct error err = {};
		int r;

		scratch_write(state, "x.inc", cases[i].included);
		r = config_read(scratch_write(state, "main.conf", cases[i].main), &model, NULL,
				&err);
		models_assert_error(cases[i].main, r, r, &err, cases[i].error);
		assert_true(r < 0);
		if (err.line != cases[i].line || !strstr(err.file, cases[i].file))
			fail_msg("%s: %s:%u: %s", cases[i].main, err.file, err.line, err.text);
	}
}

static void test_include_limits(void **state)
{
	struct model *model;
	struct error err = {};
	char name[32], text[32];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(text, sizeof(text), "include('n%d')", i + 1);
		scratch_write(state, name, text);
	}
	models_assert_error("nested", config_read(scratch_path(state, "n0"), &model, NULL, &err),
			    -ELOOP, &err, "files included in files more than 8 deep");
	for (int i = 0; i < CONFIG_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "%d.inc", i);
		scratch_write(state, name, "");
	}
	scratch_write(state, "main.conf", "include('*.inc') seed = 1");
	err = (struct error){};
	models_assert_error("many",
			    config_read(scratch_path(state, "main.conf"), &model, NULL, &err),
			    -ENOSPC, &err, "one file too many; expected at most 1024");
	assert_int_equal(remove(scratch_path(state, "0.inc")), 0);
	model_free(read_file(scratch_path(state, "main.conf"), NULL));
}

static void test_digest(void **state)
{
	char first[CONFIG_DIGEST_LEN], other[CONFIG_DIGEST_LEN];
	_cleanup_free_ char *path =
		mem_strdup(scratch_write(state, "main.conf", "seed = 1\ninclude('*.inc')"));
	_cleanup_free_ char *here = getcwd(NULL, 0);

	scratch_write(state, "a.inc", "unmatched = drop");
	model_free(read_file(path, first));
	assert_int_equal(strspn(first, "0123456789abcdef"), CONFIG_DIGEST_LEN - 1);
	model_free(read_file(path, other));
	assert_string_equal(first, other);
	assert_int_equal(chdir(*state), 0); /* by another way to the same file */
	model_free(read_file("main.conf", other));
	assert_int_equal(chdir(here), 0);
	assert_string_equal(first, other);
	scratch_write(state, "a.inc", "unmatched = drop\n");
	model_free(read_file(path, other));
	assert_string_not_equal(first, other);
	scratch_write(state, "a.inc", "unmatched = drop");
	model_free(read_file(path, other));
	assert_string_equal(first, other);
	assert_int_equal(rename(scratch_path(state, "a.inc"), scratch_path(state, "b.inc")), 0);
	model_free(read_file(path, other));
	assert_string_not_equal(first, other);
}

/* --- what is written --- */

static void test_written_form(void **state)
{
	static const char text[] =
		"interfaces = {\"eth0\", \"eth1\"}\n"
		"seed       = 000000000000001f\n"
		"\n"
		"service \"web\" {\n"
		"    address     = \"tcp:192.0.2.10:80\"\n"
		"    forward     = nat\n"
		"    description = \"\\\"a\\\" \\$b \\\\c\"\n"
		"    check \"tcp\" { interval = 500ms  rise = 1 }\n"
		"    backend \"10.0.0.1\"        { weight = 10  backup = true }\n"
		"    backend \"10.0.0.100:8080\" {}\n"
		"}\n"
		"\n"
		"service \"dns\" {\n"
		"    address = \"udp:192.0.2.10:53\"\n"
		"    check \"none\" {}\n"
		"    check \"tcp\" {}\n"
		"}\n";
	_cleanup_(model_free) struct model *model = read_text(text);
	_cleanup_free_ char *written = config_write(model);

	assert_string_equal(written, text);
}

/* The check that a service has by default is not written. */
static void test_written_without_implied_check(void **state)
{
	static const char text[] = "service \"web\" {\n    address = \"tcp:192.0.2.10:80\"\n}\n";
	_cleanup_(model_free) struct model *model = read_text(text);
	_cleanup_free_ char *written = config_write(model);

	assert_string_equal(written, text);
}

static void test_overrides_are_written_as_admin(void **state)
{
	_cleanup_(model_free) struct model *model = read_text(
		"service w { " VIP " backend 10.0.0.1 { admin = drain } backend 10.0.0.2 {} }");
	const struct schema_key *override = schema_find(&backend_schema, "override");
	struct backend *backends = model->services->backends;
	_cleanup_free_ char *written = NULL;

	schema_set(&backend_schema, &backends[0], override, "enabled", NULL);
	schema_set(&backend_schema, &backends[1], override, "disabled", NULL);
	written = config_write(model);
	assert_non_null(strstr(written, "\"10.0.0.1\" { admin = enabled }"));
	assert_non_null(strstr(written, "\"10.0.0.2\" { admin = disabled }"));
	assert_null(strstr(written, "override"));
}

static void test_an_empty_model_can_be_read_again(void **state)
{
	_cleanup_(model_free) struct model *empty = model_new(), *back = NULL;
	_cleanup_free_ char *written = config_write(empty);

	back = read_text(written);
	models_assert_same(empty, back, written);
}

/* Random models come back the same, and written again they are the same text. */
static void test_models_read_back(void **state)
{
	__u64 seed = 5;

	for (int i = 0; i < 2000; i++) {
		_cleanup_(model_free) struct model *model = models_random_model(&seed),
						   *back = NULL;
		_cleanup_free_ char *written = config_write(model), *again = NULL;

		back = read_text(written);
		models_assert_same(model, back, "seed 5");
		again = config_write(back);
		assert_string_equal(written, again);
	}
}

static void test_has_more(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{"seed = 1\n", false},
		{"", false},
		{"seed = 1 # mine", true},
		{"// mine\nseed = 1", true},
		{"seed = 1 /* mine */", true},
		{"include(\"conf.d/*.conf\")", true},
		{"service w { " VIP " description = \"# no // comment /* here */ include(x)\" }",
		 false},
		{"service w { " VIP " description = '# no \\' # comment' }", false},
		{"service include { " VIP " description = include }", false},
		{"service w {", true}, /* cannot be told */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (config_has_more(scratch_write(state, "x.conf", cases[i].text)) != cases[i].want)
			fail_msg("%s: expected %d", cases[i].text, cases[i].want);
	assert_false(config_has_more(scratch_path(state, "none.conf")));
	assert_true(config_has_more(*state));
}

/* --- the manual --- */

/* Every key of the file stands in bold in shunt.conf(5), and every value of an enum. */
static void test_every_key_is_in_the_manual(void **state)
{
	static const struct schema *const schemas[] = {&settings_schema, &service_schema,
						       &backend_schema, &check_schema};
	_cleanup_free_ char *text = NULL;
	struct error err = {};
	size_t size;

	if (file_read("docs/man/shunt.conf.5.scd", 1 << 20, &text, &size, NULL, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(schemas); i++)
		for (size_t k = 0; k < schemas[i]->count; k++) {
			const struct schema_key *key = &schemas[i]->keys[k];
			_cleanup_free_ char *bold = mem_printf("*%s*", key->name);

			if (!(key->flags & SCHEMA_STATE) && !strstr(text, bold))
				fail_msg("%s of %s is not in the manual", bold, schemas[i]->phrase);
			for (size_t n = 0; n < key->names_count; n++)
				if (key->names[n] && !strstr(text, key->names[n]))
					fail_msg("%s = %s is not in the manual", key->name,
						 key->names[n]);
		}
}

/* What stands between two lines of ``` and has services is read as a file. */
static void test_examples_of_the_manual(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t size, examples = 0;
	char *block, *end;

	assert_int_equal(file_read("docs/man/shunt.conf.5.scd", 1 << 20, &text, &size, NULL, NULL),
			 0);
	for (block = strstr(text, "\n```\n"); block; block = strstr(end + 5, "\n```\n")) {
		end = strstr(block + 5, "\n```\n");
		assert_non_null(end);
		*end = '\0';
		if (!strstr(block, "service \""))
			continue;
		model_free(read_file(scratch_write(state, "x.conf", block + 5), NULL));
		examples++;
	}
	assert_int_equal(examples, 2);
}

static void test_the_example_file(void **state)
{
	_cleanup_(model_free) struct model *model = read_file("docs/shunt.conf.example", NULL);

	assert_true(model_count(model) >= 2);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example),
		cmocka_unit_test(test_freedom_of_form),
		cmocka_unit_test(test_settings_alone),
		cmocka_unit_test(test_order_of_services),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_refused),
		IN_SCRATCH(test_silence),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_too_many_services),
		IN_SCRATCH(test_bad_files),
		IN_SCRATCH(test_unreadable_file),
		IN_SCRATCH(test_include),
		IN_SCRATCH(test_include_errors),
		IN_SCRATCH(test_include_limits),
		IN_SCRATCH(test_digest),
		cmocka_unit_test(test_written_form),
		cmocka_unit_test(test_written_without_implied_check),
		cmocka_unit_test(test_overrides_are_written_as_admin),
		cmocka_unit_test(test_an_empty_model_can_be_read_again),
		cmocka_unit_test(test_models_read_back),
		IN_SCRATCH(test_has_more),
		cmocka_unit_test(test_every_key_is_in_the_manual),
		IN_SCRATCH(test_examples_of_the_manual),
		cmocka_unit_test(test_the_example_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

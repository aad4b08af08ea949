/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http.c - see http.h */
#include "cli/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include "base/mem.h"
#include "cli/cli.h"

#define HINT "is shuntd running?"

struct http {
	struct transport transport; /* first: callers know only this */
	char *socket;
	long timeout_ms;
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	/* of the present exchange */
	struct sink *sink;
	int sink_code; /* what sink->write() ended it with */
};

static void http_close(struct transport *transport)
{
	struct http *http = (struct http *)transport;

	curl_slist_free_all(http->headers);
	curl_easy_cleanup(http->easy);
	if (http->multi)
		curl_multi_cleanup(http->multi);
	free(http->socket);
	free(http);
	curl_global_cleanup();
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int status_of(const struct http *http)
{
	long status = 0;

	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static size_t on_data(char *data, size_t one, size_t size, void *arg)
{
	struct http *http = arg;

	http->sink->status = status_of(http);
	http->sink_code = http->sink->write(http->sink, data, size);
	return http->sink_code ? 0 : size;
}

static void prepare(struct http *http, const struct request *request)
{
	_cleanup_free_ char *url = mem_printf("http://shunt%s", request->path);

	curl_easy_setopt(http->easy, CURLOPT_URL, url);
	curl_easy_setopt(http->easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->body)
		curl_easy_setopt(http->easy, CURLOPT_COPYPOSTFIELDS, request->body);
	else /* also when a request before this one had a body */
		curl_easy_setopt(http->easy, CURLOPT_HTTPGET, 1L);
}

static int unreachable(const struct http *http, const struct request *request, const char *what,
		       struct error *err)
{
	bool reading = strcmp(request->method, "GET") == 0;

	return error_set(err, CLI_UNREACHABLE, "%s %s%s; " HINT, what, http->socket,
			 reading ? "" : " (what was asked for may have been done)");
}

static int connect_error(const struct http *http, struct error *err)
{
	long code = 0;

	curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &code);
	if (code == EACCES || code == EPERM)
		return error_set(err, -EACCES,
				 "permission denied on socket %s; expected permission to "
				 "reach and write it",
				 http->socket);
	if (code == ENOENT || code == ENOTDIR)
		return error_set(err, CLI_UNREACHABLE, "there is no socket %s; " HINT,
				 http->socket);
	return error_set(err, CLI_UNREACHABLE, "nobody answers on socket %s: %s; " HINT,
			 http->socket, strerror(code ? (int)code : ECONNREFUSED));
}

static int transfer_error(const struct http *http, const struct request *request, CURLcode code,
			  struct error *err)
{
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return connect_error(http, err);
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
		return unreachable(http, request, "no answer came on socket", err);
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		if (!status_of(http))
			return unreachable(http, request, "no answer came on socket", err);
		if (request->endless)
			return 0; /* it cannot end otherwise */
		return error_set(err, CLI_FAILED, "the answer on socket %s was cut short; " HINT,
				 http->socket);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return error_set(err, CLI_FAILED,
				 "what answers on socket %s does not speak HTTP; is it "
				 "shuntd's?",
				 http->socket);
	case CURLE_OUT_OF_MEMORY:
		return error_set(err, -ENOMEM, "out of memory");
	default:
		return error_set(err, CLI_FAILED, "socket %s: %s", http->socket,
				 curl_easy_strerror(code));
	}
}

static int timed_out(const struct http *http, const struct request *request, struct error *err)
{
	char what[64];

	snprintf(what, sizeof(what), "no complete answer within %g s on socket",
		 (double)http->timeout_ms / 1000);
	return unreachable(http, request, what, err);
}

/* Is the exchange over? Its result then. */
static bool finished(struct http *http, CURLcode *ret)
{
	int left;
	CURLMsg *msg = curl_multi_info_read(http->multi, &left);

	if (!msg || msg->msg != CURLMSG_DONE)
		return false;
	*ret = msg->data.result;
	return true;
}

static int run(struct http *http, const struct request *request, struct error *err)
{
	struct curl_waitfd stop = {.fd = request->stop_fd, .events = CURL_WAIT_POLLIN};
	int64_t deadline = now_ms() + http->timeout_ms;
	unsigned int extra = request->stop_fd >= 0;
	CURLcode code;
	int running;

	for (;;) {
		int64_t left = deadline - now_ms();

		if (curl_multi_perform(http->multi, &running))
			return error_set(err, CLI_FAILED, "socket %s: libcurl failed",
					 http->socket);
		if (finished(http, &code))
			break;
		if (request->endless && status_of(http))
			left = http->timeout_ms; /* it has begun: no limit, only a round of waiting
						  */
		if (left <= 0)
			return timed_out(http, request, err);
		curl_multi_poll(http->multi, extra ? &stop : NULL, extra, (int)left, NULL);
		if (stop.revents)
			return -ECANCELED;
	}
	http->sink->status = status_of(http);
	if (code == CURLE_WRITE_ERROR)
		return http->sink_code;
	return code ? transfer_error(http, request, code, err) : 0;
}

static int http_exchange(struct transport *transport, const struct request *request,
			 struct sink *sink, struct error *err)
{
	struct http *http = (struct http *)transport;
	int r;

	http->sink = sink;
	http->sink_code = 0;
	prepare(http, request);
	if (curl_multi_add_handle(http->multi, http->easy))
		return error_set(err, -ENOMEM, "libcurl cannot begin an exchange");
	r = run(http, request, err);
	curl_multi_remove_handle(http->multi, http->easy);
	return r;
}

static void set_options(struct http *http)
{
	curl_easy_setopt(http->easy, CURLOPT_UNIX_SOCKET_PATH, http->socket);
	curl_easy_setopt(http->easy, CURLOPT_PROXY, "");      /* whatever the environment says */
	curl_easy_setopt(http->easy, CURLOPT_PATH_AS_IS, 1L); /* names may have dots */
	curl_easy_setopt(http->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(http->easy, CURLOPT_USERAGENT, "shunt/" SHUNT_VERSION);
	curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, http);
}

int http_connect_timeout(const char *socket, long timeout_ms, struct transport **ret,
			 struct error *err)
{
	struct http *http;

	if (strlen(socket) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return error_set(err, CLI_USAGE,
				 "socket %.40s...: the path is too long; expected less "
				 "than %zu bytes",
				 socket, sizeof(((struct sockaddr_un *)NULL)->sun_path));
	if (curl_global_init(CURL_GLOBAL_NOTHING))
		return error_set(err, -ENOMEM, "libcurl cannot start");
	http = mem_zalloc(sizeof(*http));
	http->transport.exchange = http_exchange;
	http->transport.close = http_close;
	http->socket = mem_strdup(socket);
	http->timeout_ms = timeout_ms;
	http->easy = curl_easy_init();
	http->multi = curl_multi_init();
	/* no waiting for "100 Continue" before a large body */
	http->headers = curl_slist_append(NULL, "Expect:");
	http->headers = curl_slist_append(http->headers, "Content-Type: application/json");
	if (!http->easy || !http->multi || !http->headers) {
		http_close(&http->transport);
		return error_set(err, -ENOMEM, "libcurl cannot start");
	}
	set_options(http);
	*ret = &http->transport;
	return 0;
}

int http_connect(const char *socket, struct transport **ret, struct error *err)
{
	return http_connect_timeout(socket, HTTP_TIMEOUT_MS, ret, err);
}

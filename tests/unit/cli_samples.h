/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli_samples.h - answers as the daemon gives them, for the tests of what is printed. */
#ifndef UNIT_CLI_SAMPLES_H
#define UNIT_CLI_SAMPLES_H

#define SAMPLE_COUNTERS(packets, bytes, connections)                                               \
	"\"counters\":{\"packets\":" #packets ",\"bytes\":" #bytes                                 \
	",\"connections\":" #connections ",\"reply_packets\":0,\"reply_bytes\":0}"

#define SAMPLE_BACKEND_UP                                                                          \
	"{\"address\":\"10.0.0.11:80\",\"forward\":\"service\",\"weight\":10,\"backup\":false,"    \
	"\"admin\":\"enabled\","                                                                   \
	"\"description\":\"\",\"override\":\"none\",\"status\":{\"effective_forward\":\"dr\","     \
	"\"state\":\"up\","                                                                        \
	"\"reason\":\"connected\",\"since\":1732345677.5,\"number\":2,\"effective_weight\":10,"    \
	"\"slots\":5461,\"share\":0.3333,\"next_hop\":{\"interface\":\"eth0\","                    \
	"\"mac\":\"02:00:00:00:00:01\",\"via\":\"10.0.0.11\",\"mtu\":1500,"                        \
	"\"vlans\":[{\"id\":100,\"protocol\":\"802.1ad\"},{\"id\":10,"                             \
	"\"protocol\":\"802.1Q\"}]},\"path_mtu\":1400,\"check\":{\"passed\":true,"                 \
	"\"took\":\"0.412ms\",\"streak\":12,\"at\":1732345798.9}," SAMPLE_COUNTERS(                \
		56789, 12345678901, 1234) "}}"

#define SAMPLE_BACKEND_DOWN                                                                        \
	"{\"address\":\"10.0.0.112:80\",\"forward\":\"gue\",\"weight\":20,\"backup\":true,"        \
	"\"admin\":\"enabled\","                                                                   \
	"\"description\":\"rack "                                                                  \
	"\\\"b\\\"\",\"override\":\"none\",\"status\":{\"effective_forward\":\"gue\",\"state\":"   \
	"\"down\","                                                                                \
	"\"reason\":\"connection refused\",\"since\":1732341000,\"number\":3,"                     \
	"\"effective_weight\":0,\"slots\":0,\"share\":0,\"next_hop\":null,\"check\":"              \
	"null," SAMPLE_COUNTERS(7, 420, 1) "}}"

#define SAMPLE_SERVICE                                                                             \
	"{\"name\":\"web\",\"address\":\"tcp:192.0.2.10:80\",\"scheduler\":\"maglev\","            \
	"\"forward\":\"dr\",\"mss\":\"auto\",\"toa\":false,\"table_size\":16381,\"description\":"  \
	"\"the shop\",\"checks\":["                                                                \
	"{\"name\":\"tcp\",\"kind\":\"tcp\",\"interval\":\"2s\",\"timeout\":\"1s\",\"rise\":2,"    \
	"\"fall\":3,\"jitter\":10,\"port\":0}],\"backends\":[" SAMPLE_BACKEND_UP                   \
	"," SAMPLE_BACKEND_DOWN "],\"status\":{\"up\":1,\"total\":2,\"slots\":{\"stable\":16381,"  \
	"\"in_transition\":0,\"mixed\":0,\"empty\":0},\"announce\":\"held\"," SAMPLE_COUNTERS(     \
		56796, 12345679321, 1235) "}}"

#define SAMPLE_SERVICES                                                                            \
	"{\"services\":[" SAMPLE_SERVICE                                                           \
	",{\"name\":\"dns\",\"address\":\"udp:[2001:db8::10]:*\",\"scheduler\":\"maglev\","        \
	"\"forward\":\"nat\",\"mss\":1400,\"toa\":false,\"table_size\":251,\"description\":\"\","  \
	"\"checks\":[],\"backends\":["                                                             \
	"],"                                                                                       \
	"\"status\":{\"up\":0,\"total\":0,\"announce\":\"none\"," SAMPLE_COUNTERS(0, 0, 0) "}}]}"

#define SAMPLE_STATUS                                                                              \
	"{\"version\":\"0.1.0\",\"pid\":12,\"uptime\":\"7384s\","                                  \
	"\"config\":\"/etc/shunt/shunt.conf\",\"seed\":\"00000000deadbeef\",\"abi_version\":1,"    \
	"\"adopted\":true,\"program\":{\"id\":17,\"tag\":\"0123456789abcdef\"},\"interfaces\":["   \
	"{\"name\":\"eth0\",\"mode\":\"native\",\"up\":true,"                                      \
	"\"offloads\":{\"off\":[\"rx-vlan-hw-parse\",\"rx-lro\"],\"on\":[\"rx-gro-hw\"]}},"        \
	"{\"name\":\"eth2\",\"role\":\"egress\",\"mode\":\"native\",\"up\":true},"                 \
	"{\"name\":\"eth1\",\"mode\":\"generic\",\"up\":false}],"                                  \
	"\"checker\":{\"pid\":13,\"restarts\":0,\"running\":true},"                                \
	"\"totals\":{\"services\":2,\"backends\":6,\"up\":5,\"packets\":56796,"                    \
	"\"bytes\":12345679321,\"connections\":1235,\"reply_packets\":0,\"reply_bytes\":0},"       \
	"\"memory\":{\"maps_bytes\":25165824,\"slots_used\":32762,\"slots_max\":4194304,"          \
	"\"backends_used\":32,\"backends_max\":65536,\"services_used\":2,\"services_max\":4096},"  \
	"\"ports\":{\"max\":131072,\"total\":63488,\"used\":1200,\"free\":62280,\"resting\":8},"   \
	"\"alarms\":[{\"since\":1732345678.123,\"text\":\"192.0.2.10 is held by "                  \
	"02:00:00:00:00:99\"}]}"

#define SAMPLE_STATS(time, packets, connections)                                                   \
	"{\"time\":" #time                                                                         \
	",\"services\":[{\"name\":\"web\",\"address\":\"tcp:192.0.2.10:80\"," SAMPLE_COUNTERS(     \
		packets, 1000, connections) ",\"backends\":["                                      \
					    "{\"address\":\"10.0.0.11:80\"," SAMPLE_COUNTERS(      \
						    packets, 1000, connections) "}]}]}"

#define SAMPLE_DROPS                                                                               \
	"{\"reasons\":[{\"name\":\"no_backend\",\"verdict\":\"drop\",\"help\":\"no backend of "    \
	"the "                                                                                     \
	"service is up\",\"count\":12},{\"name\":\"icmp_echo\",\"verdict\":\"answer\","            \
	"\"help\":\"ICMP echo request to a VIP, answered by the program\",\"count\":0}]}"

#define SAMPLE_EVENTS                                                                              \
	"{\"seq\":12,\"time\":1732345678.123,\"level\":\"info\",\"kind\":\"service\","             \
	"\"service\":\"web\",\"text\":\"web: added\"}\n"                                           \
	"{\"seq\":15,\"time\":1732345679.5,\"level\":\"warning\",\"kind\":\"backend\","            \
	"\"service\":\"web\",\"backend\":\"10.0.0.11:80\","                                        \
	"\"text\":\"10.0.0.11:80 of web: up -> down: connection refused\"}\n"

#define SAMPLE_CHANGES                                                                             \
	"{\"file\":\"/etc/shunt/shunt.conf\",\"changes\":["                                        \
	"{\"action\":\"add\",\"object\":\"service\",\"service\":\"dns\"},"                         \
	"{\"action\":\"remove\",\"object\":\"backend\",\"service\":\"web\","                       \
	"\"name\":\"10.0.0.11:80\"},"                                                              \
	"{\"action\":\"change\",\"object\":\"backend\",\"service\":\"web\","                       \
	"\"name\":\"10.0.0.12:80\",\"key\":\"weight\",\"from\":\"10\",\"to\":\"20\"},"             \
	"{\"action\":\"change\",\"object\":\"service\",\"service\":\"web\",\"key\":"               \
	"\"description\","                                                                         \
	"\"from\":\"\",\"to\":\"the shop\"},"                                                      \
	"{\"action\":\"change\",\"object\":\"settings\",\"key\":\"unmatched\",\"from\":\"pass\","  \
	"\"to\":\"drop\"}]}"

#endif

# SPDX-License-Identifier: GPL-2.0-or-later
"""test_weights.py - connections are split by weight, and the tables by the config alone."""
import collections

from lab import BACKENDS, CLIENT, DR_VIP, NAT_VIP, wait_until
from shuntd import SEED, Shuntd, config, service
from traffic import tuples

WEIGHTED = [(address, f"weight = {i + 1}") for i, address in enumerate(BACKENDS)]
COUNT = 10000
CHI_SQUARE_LIMIT = 13.816  # p = 0.001 at two degrees of freedom


def test_10000_tuples_are_split_by_weight(lab, servers, start):
    start(service("web", f"tcp:{DR_VIP}:80", backends=WEIGHTED), {"web": 3})
    who = tuples(lab.client, DR_VIP, CLIENT, 20000, COUNT)
    counts = collections.Counter(who.values())
    wanted = {"b1": COUNT / 6, "b2": COUNT / 3, "b3": COUNT / 2}
    chi_square = sum((counts[name] - n) ** 2 / n for name, n in wanted.items())
    print(f"seed {SEED}, {dict(counts)}, chi-square {chi_square:.2f}")
    assert counts.total() == COUNT and set(counts) == set(wanted)
    assert chi_square < CHI_SQUARE_LIMIT
    for name, n in wanted.items():
        assert abs(counts[name] - n) < 0.03 * COUNT
    # the same tuple, the same backend
    again = tuples(lab.client, DR_VIP, CLIENT, 20000, 1000)
    assert again == {port: who[port] for port in again}


def test_new_weights_move_traffic(lab, servers, start):
    shuntd = start(service("web", f"tcp:{NAT_VIP}:80", "nat", WEIGHTED), {"web": 3})
    shuntd.shunt("backend", "set", "web", BACKENDS[2], "--weight", "0")
    assert shuntd.states("web")[f"{BACKENDS[2]}:80"] == "draining"
    counts = collections.Counter(tuples(lab.client, NAT_VIP, CLIENT, 20000, 600).values())
    assert set(counts) == {"b1", "b2"}
    assert abs(counts["b2"] - 400) < 60


def table(shuntd, name):
    """A service's slots, each as its backend's address."""
    slots = shuntd.get(f"/v1/services/{name}/slots")
    assert set(slots["untracked"]) == {0}
    return [slots["backends"].get(str(number)) for number in slots["cur"]]


def full_table(shuntd, name):
    """The same, as soon as it names all three backends."""
    wait_until(lambda: len(set(table(shuntd, name))) == 3, what="a table of three backends")
    return table(shuntd, name)


def test_two_directors_compute_the_same_table(make_lab):
    orders = (WEIGHTED, WEIGHTED[::-1])
    tables = []
    for order in orders:
        lab = make_lab()
        shuntd = Shuntd(lab, config(service("web", f"tcp:{DR_VIP}:80", backends=order[:1],
                                            check="kind = none")))
        shuntd.start()
        for address, keys in order[1:]:  # one by one, so that the numbers differ too
            shuntd.shunt("backend", "add", "web", address, "--weight", keys.split()[-1])
        tables.append(full_table(shuntd, "web"))
    assert tables[0] == tables[1]
    assert len(tables[0]) == 16381
    shares = collections.Counter(tables[0])
    for weight, address in enumerate(BACKENDS, 1):
        assert abs(shares[f"{address}:80"] / 16381 - weight / 6) < 0.01


def test_another_seed_makes_another_table(make_lab):
    tables = []
    for seed in ("1", "2"):
        shuntd = Shuntd(make_lab(), config(service("web", f"tcp:{DR_VIP}:80", backends=WEIGHTED,
                                                   check="kind = none"), seed=seed))
        shuntd.start()
        tables.append(full_table(shuntd, "web"))
    assert tables[0] != tables[1]

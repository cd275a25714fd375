"""`python -m benchmarks.money.short FOLDER SEED [--without-guards]`: five seconds of the race, for the tests.

On the database that DATABASE_NAME names. Writes what it found in FOLDER/found.json: differences, failures, kills, accepted acts.
"""

import json
import sys
from pathlib import Path

import django

FILES, PROCESSES, SECONDS, KILLS = 12, 6, 5, 9
SEEDS = 4  # races without guards, at most: one is enough, but for a machine that has hardly any time for it


def main(folder: Path, seed: int, *, guarded: bool) -> None:
    from benchmarks.money import crowd, settlement, world

    place = world.build(FILES)
    for turn in range(seed, seed + (1 if guarded else SEEDS)):
        before, papers = settlement.start(), folder / str(turn)
        papers.mkdir(parents=True)
        race = crowd.run(place, papers, processes=PROCESSES, seconds=SECONDS, seed=turn, beat=SECONDS / (KILLS + 1))
        if differences := settlement.settle(before, race):
            break
    found = {"failures": dict(race.failures()), "kills": race.kills, "accepted": race.outcomes()[crowd.ACCEPTED]}
    (folder / "found.json").write_text(json.dumps({"differences": differences, **found}))


if __name__ == "__main__":
    django.setup()
    main(Path(sys.argv[1]), int(sys.argv[2]), guarded="--without-guards" not in sys.argv)

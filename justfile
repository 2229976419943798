# The common commands. `just` lists them.

_default:
    @just --list

# The main job on the embedded simulator
demo:
    cargo run -- demo

# Every test
test *args:
    cargo test --locked {{args}}

# Unit tests only: the fast loop
unit *filter:
    cargo test --locked --lib -- {{filter}}

# What the gate asks before the tests
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# Tests of the whole program over the simulator
whole *filter:
    cargo test --locked --test palisade -- {{filter}}

# The documentation, in a browser
doc:
    cargo doc --no-deps --locked --open

# Licences, bans, sources and advisories of what palisade is built from (cargo install cargo-deny)
deny *which:
    cargo deny --locked check {{which}}

# What planning costs for 1,000, 10,000 and 100,000 resources
bench *args:
    cargo bench --locked {{args}}

# Manifests and policies that nobody would write (cargo-fuzz, a nightly compiler); `just fuzz policy`
fuzz target="manifest" *args:
    cd tests/fuzz && cargo +nightly fuzz run --fuzz-dir . {{target}} corpus/{{target}} {{args}}

# Snapshots of plans and messages: run, then look at the difference before taking it over
snapshots:
    INSTA_UPDATE=always cargo test --locked --lib
    git diff -- '*.snap'

# Crash and fault campaigns; `just campaign random --from 7 --seeds 1` repeats one run
campaign *args="crash single pairs quiet replay random --seeds 10000":
    cargo run --profile campaign --example campaign --locked -- {{args}}

# The contract against moto and the simulator
contract:
    tests/moto/run

# Everything that must pass before a change lands
gate:
    .ci/run

//! Plans: a change as a value, the runner, guard-rails and the laws.

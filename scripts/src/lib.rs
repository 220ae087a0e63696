//! The tools behind the scripts: demo, bench, package.

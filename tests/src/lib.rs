//! Tests of the whole: tidy, doors, lives, faults.

//! JSON, as tests write down what is asked and what is known.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A value of a type that is read from JSON.
///
/// # Panics
///
/// It is not of the shape.
pub fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}"))
}

/// The same with these fields, beside those it has or in their place.
///
/// # Panics
///
/// They are no objects.
#[must_use]
pub fn with(mut value: Value, more: Value) -> Value {
    match (&mut value, more) {
        (Value::Object(fields), Value::Object(more)) => fields.extend(more),
        (value, more) => panic!("{value} and {more} are to be objects"),
    }
    value
}

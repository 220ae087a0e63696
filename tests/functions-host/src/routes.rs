//! Route templates of ASP.NET and the table that finds the function for a request.
//!
//! ```text
//! jobs/{id:int}/{*rest}      jobs/{id?}
//! ```
//!
//! Within an app the *first* match in the order of function names wins, not the most specific one: the real router
//! tries one route after the other. Between apps, which never share a router in the cloud, the template with more
//! literal segments wins. Segments that mix text and parameters, defaults (`{id=5}`) and regular expressions are
//! refused.

use percent_encoding::percent_decode_str;

/// Route values in the order of the template; an optional parameter that was not given is `None`.
pub(crate) type Params = Vec<(String, Option<String>)>;

/// A parsed route template, route prefix included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Param { name: String, constraints: Vec<Constraint>, optional: bool },
    CatchAll(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Constraint {
    Int,
    Long,
    Bool,
    Guid,
    Alpha,
    Min(i64),
    Max(i64),
    Length(usize),
    MinLength(usize),
    MaxLength(usize),
}

impl Template {
    /// Parses `route` as it stands below `prefix`, which may be empty.
    pub(crate) fn parse(prefix: &str, route: &str) -> Result<Self, String> {
        let text = [prefix.trim_matches('/'), route].into_iter().filter(|part| !part.is_empty());
        let text = text.collect::<Vec<_>>().join("/");
        if route.starts_with(['/', '~']) {
            return Err(format!("route '{route}' must not begin with '/' or '~'"));
        }
        let segments = text.split('/').map(segment).collect::<Result<Vec<_>, _>>();
        let segments = segments.map_err(|why| format!("route '{route}': {why}"))?;
        in_order(&segments).map_err(|why| format!("route '{route}': {why}"))?;
        Ok(Self { text, segments })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Two templates with the same shape match the same paths.
    pub(crate) fn shape(&self) -> String {
        let shapes = self.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => text.to_lowercase(),
            Segment::Param { constraints, optional, .. } => format!("{{{constraints:?}{optional}}}"),
            Segment::CatchAll(_) => "{*}".into(),
        });
        shapes.collect::<Vec<_>>().join("/")
    }

    pub(crate) fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
    }

    /// The route values, when the path (still percent-encoded) matches.
    pub(crate) fn matches(&self, path: &str) -> Option<Params> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut given = path.split('/').filter(|_| !path.is_empty());
        let mut params = Params::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => {
                    given.next().filter(|part| decoded(part).eq_ignore_ascii_case(text))?;
                }
                Segment::Param { name, constraints, optional } => {
                    let value = given.next().map(decoded).filter(|value| !value.is_empty());
                    let fits = value.as_ref().map_or(*optional, |v| constraints.iter().all(|c| c.accepts(v)));
                    fits.then(|| params.push((name.clone(), value)))?;
                }
                Segment::CatchAll(name) => {
                    let rest = given.by_ref().map(decoded).collect::<Vec<_>>().join("/");
                    params.push((name.clone(), Some(rest).filter(|rest| !rest.is_empty())));
                }
            }
        }
        given.next().is_none().then_some(params)
    }
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn segment(text: &str) -> Result<Segment, String> {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        let plain = !text.is_empty() && !text.contains(['{', '}', ' ', '?', '*', '=']);
        return plain.then(|| Segment::Literal(text.into())).ok_or_else(|| {
            format!("'{text}' must be plain text or one whole parameter such as {{id}}, {{id:int}}, {{id?}}, {{*rest}}")
        });
    };
    if let Some(name) = inner.strip_prefix('*') {
        return Ok(Segment::CatchAll(param_name(name.trim_start_matches('*'))?));
    }
    let (inner, optional) = inner.strip_suffix('?').map_or((inner, false), |inner| (inner, true));
    let mut parts = inner.split(':');
    let name = param_name(parts.next().unwrap_or_default())?;
    let constraints = parts.map(constraint).collect::<Result<_, _>>()?;
    Ok(Segment::Param { name, constraints, optional })
}

fn param_name(name: &str) -> Result<String, String> {
    let fine = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    fine.then(|| name.into()).ok_or_else(|| format!("'{name}' is not a parameter name"))
}

fn constraint(text: &str) -> Result<Constraint, String> {
    let unknown = || format!("constraint '{text}' is not known here");
    let (name, argument) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        Some((name, argument)) => (name, Some(argument.trim())),
        None => (text, None),
    };
    let number = || argument.and_then(|argument| argument.parse::<i64>().ok()).ok_or_else(unknown);
    let length = || number().and_then(|n| usize::try_from(n).map_err(|_| unknown()));
    Ok(match name {
        "int" => Constraint::Int,
        "long" => Constraint::Long,
        "bool" => Constraint::Bool,
        "guid" => Constraint::Guid,
        "alpha" => Constraint::Alpha,
        "min" => Constraint::Min(number()?),
        "max" => Constraint::Max(number()?),
        "length" => Constraint::Length(length()?),
        "minlength" => Constraint::MinLength(length()?),
        "maxlength" => Constraint::MaxLength(length()?),
        _ => return Err(unknown()),
    })
}

impl Constraint {
    fn accepts(&self, value: &str) -> bool {
        let number = || value.parse::<i64>();
        match *self {
            Self::Int => value.parse::<i32>().is_ok(),
            Self::Long => number().is_ok(),
            Self::Bool => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            Self::Guid => uuid::Uuid::try_parse(value).is_ok(),
            Self::Alpha => value.chars().all(|c| c.is_ascii_alphabetic()),
            Self::Min(min) => number().is_ok_and(|n| n >= min),
            Self::Max(max) => number().is_ok_and(|n| n <= max),
            Self::Length(length) => value.chars().count() == length,
            Self::MinLength(min) => value.chars().count() >= min,
            Self::MaxLength(max) => value.chars().count() <= max,
        }
    }
}

fn in_order(segments: &[Segment]) -> Result<(), String> {
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match segment {
            Segment::CatchAll(name) if !last => {
                return Err(format!("catch-all '{{*{name}}}' must come last"));
            }
            Segment::Param { name, optional: true, .. } if !last => {
                return Err(format!("optional parameter '{{{name}?}}' must come last"));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(template: &str, path: &str) -> Option<String> {
        let params = Template::parse("api", template).unwrap().matches(path)?;
        let shown =
            params.into_iter().map(|(name, value)| format!("{name}={}", value.unwrap_or("null".into())));
        Some(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn templates_match_as_in_asp_net() {
        let cases = [
            ("hello", "/api/hello", Some("")),
            ("hello", "/API/Hello/", Some("")),
            ("hello", "/api/hello/x", None),
            ("jobs/{id}", "/api/jobs/4%202", Some("id=4 2")),
            ("jobs/{id}", "/api/jobs", None),
            ("jobs/{id?}", "/api/jobs", Some("id=null")),
            ("jobs/{id:int}", "/api/jobs/42", Some("id=42")),
            ("jobs/{id:int}", "/api/jobs/x", None),
            ("jobs/{id:int?}", "/api/jobs", Some("id=null")),
            (
                "runs/{run:guid}/undo",
                "/api/runs/52d53c5f-e212-487e-998b-abbe3b9d51e4/undo",
                Some("run=52d53c5f-e212-487e-998b-abbe3b9d51e4"),
            ),
            ("files/{*rest}", "/api/files/a/b%2Fc", Some("rest=a/b/c")),
            ("files/{*rest}", "/api/files", Some("rest=null")),
            ("{name:alpha:minlength(3)}", "/api/ab", None),
            ("{name:alpha:minlength(3)}", "/api/abc", Some("name=abc")),
        ];
        for (template, path, expected) in cases {
            assert_eq!(found(template, path).as_deref(), expected, "{template} on {path}");
        }
    }

    #[test]
    fn an_empty_prefix_leaves_the_route_at_the_root() {
        assert!(Template::parse("", "hello").unwrap().matches("/hello").is_some());
    }

    #[test]
    fn templates_that_differ_only_in_names_have_the_same_shape() {
        let shape = |route| Template::parse("api", route).unwrap().shape();
        assert_eq!(shape("Jobs/{id:int}"), shape("jobs/{number:int}"));
        assert_ne!(shape("jobs/{id:int}"), shape("jobs/{id}"));
    }

    #[test]
    fn what_is_not_a_template_is_refused_with_the_reason() {
        let cases = [
            ("/hello", "must not begin with"),
            ("a/{*rest}/b", "must come last"),
            ("a/{id?}/b", "must come last"),
            ("a/file-{id}", "plain text or one whole parameter"),
            ("a//b", "plain text or one whole parameter"),
            ("a/{}", "is not a parameter name"),
            ("a/{id:regex(x)}", "constraint 'regex(x)' is not known"),
            ("a/{id=5}", "is not a parameter name"),
        ];
        for (route, expected) in cases {
            let error = Template::parse("api", route).unwrap_err();
            assert!(error.contains(expected), "{route}: {error}");
        }
    }
}

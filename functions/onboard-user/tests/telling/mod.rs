//! How a story is told: what is asked, what is answered, and what Microsoft Graph was asked on the way, as text that a
//! person can read. What differs from one time to the next (ids, digests, passes) goes by a name.

mod names;
mod render;

use std::collections::BTreeSet;
use std::path::PathBuf;

use onboard_user::OnboardUser;
use plan::{Policy, Task};
use serde_json::{Value, json};
use tenant::{Fault, Tenant, Trouble};

use crate::support::{Answer, Asked, Meanwhile, World, journal_folder, roles, tenant};
use names::Names;

/// A story as it is being told.
pub(crate) struct Story {
    name: String,
    text: String,
    world: World,
    tenant: Tenant,
    meanwhile: Meanwhile,
    names: Names,
    /// The last body that was told.
    body: Option<Value>,
    /// The reads that were told before.
    reads: BTreeSet<String>,
    /// The passes that were shown.
    passes: Vec<String>,
}

impl Story {
    /// Begins a story: its name is the name of its file.
    pub(crate) fn begin(name: &str, title: &str) -> Self {
        let (tenant, meanwhile) = (tenant(&roles()), Meanwhile::default());
        Self {
            name: name.to_owned(),
            text: format!("# {title}\n"),
            tenant: tenant.0.clone(),
            meanwhile: meanwhile.clone(),
            world: World::new(name, tenant, Policy::default(), meanwhile),
            names: Names::default(),
            body: None,
            reads: BTreeSet::new(),
            passes: Vec::new(),
        }
    }

    /// Begins again, with the tenant as it was.
    pub(crate) fn scene(&mut self, title: &str) {
        self.scene_in(title, &roles(), Policy::default());
    }

    /// Begins again, with guard-rails.
    pub(crate) fn guarded_scene(&mut self, title: &str, policy: &Value) {
        let text = format!("The guard-rails: M365_POLICY={policy}");
        let policy = serde_json::from_value(policy.clone()).expect("a policy");
        self.scene_in(title, &roles(), policy);
        self.says(&text);
    }

    /// Begins again, with an identity that lacks a role and has another one instead.
    pub(crate) fn scene_with(&mut self, title: &str, missing: &str, instead: Option<&str>) {
        let held = roles().into_iter().filter(|role| role != missing);
        let roles: Vec<String> = held.chain(instead.map(str::to_owned)).collect();
        self.scene_in(title, &roles, Policy::default());
    }

    fn scene_in(&mut self, title: &str, roles: &[String], policy: Policy) {
        self.is_sound();
        let tenant = tenant(roles);
        self.tenant = tenant.0.clone();
        self.world = World::new(&self.name, tenant, policy, self.meanwhile.clone());
        self.names = Names::default();
        self.body = None;
        self.text.push_str(&format!("\n## {title}\n"));
    }

    /// A sentence that leads on.
    pub(crate) fn says(&mut self, sentence: &str) {
        self.text.push('\n');
        self.text.push_str(sentence);
        self.text.push('\n');
    }

    /// The tenant that the story plays in.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Changes the tenant behind the function's back.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        edit(&self.tenant, change);
    }

    /// Changes the tenant once the function has looked and is about to write.
    pub(crate) fn meanwhile(&self, change: impl FnOnce(&mut Value) + Send + 'static) {
        let happens = move |tenant: &Tenant| edit(tenant, change);
        *self.meanwhile.lock().expect("no panic") = Some(Box::new(happens));
    }

    /// Lets requests like this one go wrong, so many times.
    pub(crate) fn trouble(&self, method: &str, path: &str, times: Option<u32>, then: Trouble) {
        let fault =
            Fault { method: Some(method.into()), path: Some(path.into()), times, then, ..Fault::default() };
        self.tenant.fault(fault);
    }

    /// What would happen.
    pub(crate) async fn preview(&mut self, want: &Value) -> Answer {
        self.ask("POST", "/api/onboard-user?whatIf=true", &[], Some(want)).await
    }

    /// Onboards somebody.
    pub(crate) async fn onboard(&mut self, want: &Value) -> Answer {
        self.ask("POST", "/api/onboard-user", &[], Some(want)).await
    }

    /// Asks an action of an earlier run.
    pub(crate) async fn act(&mut self, earlier: &Answer, action: &str) -> Answer {
        let run = earlier.run().expect("the earlier answer names its run");
        self.ask("POST", &format!("/api/onboard-user/runs/{run}/{action}"), &[], None).await
    }

    /// The timer ticks, as the Functions host says it.
    pub(crate) async fn tick(&mut self) -> Answer {
        let invocation = json!({"Data": {"timer": {"IsPastDue": false}}, "Metadata": {}});
        self.ask("POST", "/enable-due", &[], Some(&invocation)).await
    }

    /// Asks, and tells what was asked, what came back, and what that took.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.tenant.clear_transcript();
        let asked =
            Asked { method, path, headers, body: body.map(Value::to_string).unwrap_or_default().into() };
        let answer = self.world.ask(asked).await;
        self.names.learn(&self.tenant, &answer.body);
        self.passes.extend(answer.body["credential"].as_str().map(str::to_owned));
        let is_same = body.is_some() && self.body.as_ref() == body;
        self.body = body.cloned().or(self.body.take());
        self.tells(&render::asked(method, path, headers, body, is_same));
        self.tells(&render::answer(&answer));
        let trips = render::transcript(&self.tenant.transcript());
        let trips: String = render::collapsed(trips).iter().map(|trip| self.trip(trip)).collect();
        self.tells(&trips);
        answer
    }

    /// A round trip; reads that were told before are only counted.
    fn trip(&mut self, trip: &render::Trip) -> String {
        let text = self.names.in_place_of_ids(&trip.text);
        match trip.reads {
            Some(1) if self.reads.contains(&text) => "   | (a read as before)\n".to_owned(),
            Some(reads) if !self.reads.insert(text.clone()) => format!("   | ({reads} reads as before)\n"),
            _ => text,
        }
    }

    fn tells(&mut self, part: &str) {
        if !part.is_empty() {
            self.text.push('\n');
            self.text.push_str(&self.names.in_place_of_ids(part));
        }
    }

    /// Tells the last answer once more, as the JSON that it is.
    pub(crate) fn in_json(&mut self, answer: &Answer) {
        let json = serde_json::to_string_pretty(&answer.body).expect("JSON");
        self.text.push('\n');
        self.text.push_str(&self.names.in_place_of_ids(&json));
        self.text.push('\n');
    }

    /// Waits until runs that nobody waits for have ended.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }

    /// What was to happen meanwhile has happened, and no pass is in the journal.
    fn is_sound(&self) {
        assert!(self.meanwhile.lock().expect("no panic").is_none(), "nothing was written: {}", self.text);
        let runs =
            std::fs::read_dir(journal_folder(&self.name).join("onboard-user/runs")).into_iter().flatten();
        for run in runs {
            let kept = std::fs::read_to_string(run.expect("a run").path()).expect("a run is text");
            assert!(!self.passes.iter().any(|pass| kept.contains(pass)), "a pass is in the journal: {kept}");
        }
    }

    /// The story, told.
    pub(crate) fn end(self) -> String {
        self.is_sound();
        self.text
    }
}

impl Answer {
    /// The run that it is about.
    pub(crate) fn run(&self) -> Option<&str> {
        let run = self.body.get("run").or_else(|| self.body.pointer("/outcome/run"))?;
        run.as_str()
    }

    /// The digest of the plan.
    pub(crate) fn digest(&self) -> &str {
        self.body["planDigest"].as_str().expect("an outcome has the digest of its plan")
    }
}

fn edit(tenant: &Tenant, change: impl FnOnce(&mut Value)) {
    let mut state = tenant.state();
    change(&mut state);
    tenant.load(&state).expect("the changed state is one");
}

/// The object of this name or user principal name within a list of a state, such as `users` or `groups`.
pub(crate) fn object<'a>(state: &'a mut Value, list: &str, name: &str) -> &'a mut Value {
    let objects = state[list].as_array_mut().expect("a list of objects");
    let is_called = |object: &Value| {
        ["userPrincipalName", "mailNickname", "displayName", "skuPartNumber", "id"]
            .iter()
            .any(|key| object[key] == name)
    };
    objects.iter_mut().find(|object| is_called(object)).unwrap_or_else(|| panic!("no {name} in {list}"))
}

/// A refusal as Graph words it.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Trouble {
    Trouble {
        status: Some(status),
        code: Some(code.into()),
        message: Some(message.into()),
        ..Trouble::default()
    }
}

/// Compares a story with its file, or writes the file if `STORIES=write` says so.
pub(crate) fn compare(name: &str, told: &str) {
    let file = folder().join(format!("{name}.txt"));
    if std::env::var("STORIES").as_deref() == Ok("write") {
        std::fs::write(&file, told).expect("the story is written");
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == told,
        "{} is not what happens any more:\n{}\nif that is right, write it anew with STORIES=write cargo test -p {}",
        file.display(),
        difference(&kept, told),
        OnboardUser::NAME,
    );
}

/// The folder of the stories.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stories")
}

/// The lines around the first difference.
fn difference(kept: &str, told: &str) -> String {
    let (kept, told): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), told.lines().collect());
    let same = kept.iter().zip(&told).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str], sign: char| {
        lines.iter().skip(same).take(6).map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    format!("line {}:\n{}{}", same + 1, part(&kept, '-'), part(&told, '+'))
}

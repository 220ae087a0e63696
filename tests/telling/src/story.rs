//! How a story is told: what is asked, what is answered, and what the services were asked on the way, as text that a person
//! can read. What differs from one time to the next (ids, digests, passes) goes by a name.

use std::collections::BTreeSet;
use std::time::Duration;

use plan::Policy;
use serde_json::{Value, json};
use tenant::{Fault, Options, Tenant, Trouble};

use crate::names::Names;
use crate::render;
use crate::rights::Rights;
use crate::state;
use crate::tested::Tested;
use crate::world::{Answer, Asked, World};

/// A story as it is being told.
pub struct Story {
    function: Tested,
    text: String,
    world: World,
    names: Names,
    /// The last body that was told.
    body: Option<Value>,
    /// The reads that were told before.
    reads: BTreeSet<String>,
    /// The passes that were shown.
    passes: Vec<String>,
}

impl Story {
    /// A story about this function, of which nothing is told yet.
    pub fn of(function: Tested) -> Self {
        Self {
            function,
            text: String::new(),
            world: World::new(function),
            names: Names::default(),
            body: None,
            reads: BTreeSet::new(),
            passes: Vec::new(),
        }
    }

    /// What it is about: the first line.
    pub fn title(&mut self, title: &str) {
        self.text.push_str(&format!("# {title}\n"));
    }

    /// Begins again, with the tenant as it was.
    pub fn scene(&mut self, title: &str) {
        self.scene_in(title, World::new(self.function));
    }

    /// Begins again, with a tenant of another kind: a slow one, say.
    pub fn scene_where(&mut self, title: &str, tenant: Options) {
        self.scene_in(title, World::over(Tenant::new(tenant), self.function));
    }

    /// Begins again, with guard-rails.
    ///
    /// # Panics
    ///
    /// These are none.
    pub fn guarded_scene(&mut self, title: &str, policy: &Value) {
        let rules =
            serde_json::from_value(policy.clone()).unwrap_or_else(|error| panic!("{policy}: {error}"));
        self.scene_in(title, World::with(self.function, &Rights::of(self.function), rules));
        self.says(&format!("The guard-rails: M365_POLICY={policy}"));
    }

    /// Begins again, with an identity that lacks a permission or directory role and has another permission instead.
    pub fn scene_with(&mut self, title: &str, missing: &str, instead: Option<&str>) {
        let rights = Rights::of(self.function).without(missing);
        let rights = instead.into_iter().fold(rights, Rights::and);
        self.scene_in(title, World::with(self.function, &rights, Policy::default()));
    }

    /// Begins again, with app settings.
    pub fn configured_scene(&mut self, title: &str, settings: &[(&str, &str)]) {
        self.scene_in(title, World::configured(Tenant::new(Options::default()), self.function, settings));
        let told: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.says(&format!("The app settings: {}", told.join(", ")));
    }

    fn scene_in(&mut self, title: &str, world: World) {
        self.is_sound();
        self.world = world;
        self.names = Names::default();
        self.body = None;
        self.text.push_str(&format!("\n## {title}\n"));
    }

    /// A sentence that leads on.
    pub fn says(&mut self, sentence: &str) {
        self.text.push_str(&format!("\n{sentence}\n"));
    }

    /// The tenant that the story plays in.
    pub fn tenant(&self) -> &Tenant {
        &self.world.tenant
    }

    /// Changes the tenant behind the function's back.
    pub fn edit(&self, change: impl FnOnce(&mut Value)) {
        state::edit(self.tenant(), change);
    }

    /// Does something to the tenant as its administrator does, so that whoever follows its changes hears of it.
    ///
    /// # Panics
    ///
    /// Microsoft Graph refuses it.
    pub async fn administrator(&self, method: &str, path: &str, body: &Value) {
        self.world.administrator(method, path, body).await;
    }

    /// Changes the tenant once the function has looked and is about to write.
    pub fn meanwhile(&self, change: impl FnOnce(&mut Value) + Send + 'static) {
        self.world.meanwhile.happens(|tenant| state::edit(tenant, change));
    }

    /// Lets requests like this one go wrong, so many times.
    pub fn trouble(&self, method: &str, path: &str, times: Option<u32>, then: Trouble) {
        let (method, path) = (Some(method.into()), Some(path.into()));
        self.tenant().fault(Fault { method, path, times, then, ..Fault::default() });
    }

    /// Lets a cmdlet of Exchange Online go wrong, so many times.
    pub fn trouble_with(&self, cmdlet: &str, times: Option<u32>, then: Trouble) {
        let (path, body) = (Some("/adminapi/".into()), Some(format!("\"{cmdlet}\"")));
        self.tenant().fault(Fault { path, body, times, then, ..Fault::default() });
    }

    /// What would happen.
    pub async fn preview(&mut self, want: &Value) -> Answer {
        let path = format!("{}?whatIf=true", self.function.path());
        self.ask("POST", &path, &[], Some(want)).await
    }

    /// Has it done.
    pub async fn apply(&mut self, want: &Value) -> Answer {
        self.ask("POST", &self.function.path(), &[], Some(want)).await
    }

    /// Asks an action of an earlier run: `undo`, `undo?whatIf=true`, or one of the function's own.
    pub async fn act(&mut self, earlier: &Answer, action: &str) -> Answer {
        let path = format!("{}/{action}", self.path_of(earlier));
        self.ask("POST", &path, &[], None).await
    }

    /// Looks what became of an earlier run. One that was to go on by now, goes on.
    pub async fn look(&mut self, earlier: &Answer) -> Answer {
        let path = self.path_of(earlier);
        self.ask("GET", &path, &[], None).await
    }

    fn path_of(&self, earlier: &Answer) -> String {
        let run = earlier.run().unwrap_or_else(|| panic!("no run: {}", earlier.body));
        format!("{}/runs/{run}", self.function.path())
    }

    /// The function's first timer ticks, as the Functions host says it.
    pub async fn tick(&mut self) -> Answer {
        let timer = self.function.timers.first().unwrap_or_else(|| panic!("it has no timer")).name;
        self.tick_of(timer).await
    }

    /// A timer ticks.
    pub async fn tick_of(&mut self, timer: &str) -> Answer {
        let invocation = json!({"Data": {"timer": {"IsPastDue": false}}, "Metadata": {}});
        self.ask("POST", &format!("/{timer}"), &[], Some(&invocation)).await
    }

    /// Asks, and tells what was asked, what came back, and what that took.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.tenant().clear_transcript();
        let sent = body.map(Value::to_string).unwrap_or_default().into();
        let answer = self.world.ask(Asked { method, path, headers, body: sent }).await;
        self.names.learn(&self.world.tenant, &answer);
        self.passes.extend(answer.body["credential"].as_str().map(str::to_owned));
        let is_same = body.is_some() && self.body.as_ref() == body;
        self.body = body.cloned().or(self.body.take());
        self.tells(&render::asked(method, path, headers, body, is_same));
        self.tells(&render::answer(&answer));
        match answer.outcome()["parts"].as_array() {
            Some(_) => self.tell(render::together(&self.tenant().transcript())),
            None => self.tell_trips(),
        }
        answer
    }

    /// What the services were asked since.
    fn tell_trips(&mut self) {
        self.tell(render::collapsed(render::transcript(&self.tenant().transcript())));
    }

    fn tell(&mut self, trips: Vec<render::Trip>) {
        let (mut text, mut single) = (String::new(), 0);
        for trip in &trips {
            match self.trip(trip) {
                None => single += 1,
                Some(trip) => text += &(render::single(std::mem::take(&mut single)) + &trip),
            }
        }
        self.tells(&(text + &render::single(single)));
    }

    /// A round trip; reads that were told before are only counted. `None`: a single one of them.
    fn trip(&mut self, trip: &render::Trip) -> Option<String> {
        let text = self.names.in_place_of_ids(&trip.text);
        match trip.reads {
            Some(1) if self.reads.contains(&text) => None,
            Some(reads) if !self.reads.insert(text.clone()) => {
                Some(format!("   | ({reads} reads as before)\n"))
            }
            _ => Some(text),
        }
    }

    fn tells(&mut self, part: &str) {
        if !part.is_empty() {
            self.text.push('\n');
            self.text.push_str(&self.names.in_place_of_ids(part));
        }
    }

    /// Tells the last answer once more, as the JSON that it is.
    pub fn in_json(&mut self, answer: &Answer) {
        self.tells(&format!("{:#}\n", answer.body));
    }

    /// Waits until runs that nobody waits for have ended.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }

    /// The same, and tells what those runs ask of the services.
    pub async fn watch(&mut self) {
        self.tenant().clear_transcript();
        self.settle().await;
        self.tell_trips();
    }

    /// What was to happen meanwhile has happened, and no pass is in the journal.
    fn is_sound(&self) {
        assert!(!self.world.meanwhile.waits(), "nothing was written: {}", self.text);
        for kept in self.world.kept() {
            assert!(!self.passes.iter().any(|pass| kept.contains(pass)), "a pass is in the journal: {kept}");
        }
    }

    /// The story, told.
    ///
    /// # Panics
    ///
    /// It has no title, what was to happen meanwhile has not, or a pass is in the journal.
    pub fn end(self) -> String {
        assert!(self.text.starts_with("# "), "the story has no title");
        self.is_sound();
        self.text
    }
}

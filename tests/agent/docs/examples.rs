//! The steps of the pages, for tests that run them.

use std::collections::BTreeMap;
use std::fs;

use yaml_rust2::Yaml;

use super::{blocks_of, entries, pipeline, root, walk};

/// A step of this task, as a page shows it.
#[derive(Clone, Debug)]
pub(in super::super) struct Example {
    /// The page and the line where its YAML begins.
    pub(in super::super) place: String,
    /// The inputs, each as the text that the agent is given.
    pub(in super::super) inputs: BTreeMap<String, String>,
    /// The number of jobs that `strategy: parallel` makes of its job.
    pub(in super::super) jobs: usize,
}

/// Returns the steps of this task on a page of the documentation, in their order.
pub(in super::super) fn examples(page: &str) -> Vec<Example> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let blocks = blocks_of(page, &text).into_iter();
    let examples = blocks.flat_map(|block| {
        let pipeline = pipeline(&block.text, &block.place);
        let jobs = &pipeline["jobs"][0]["strategy"]["parallel"];
        let jobs = jobs.as_i64().map_or(1, |jobs| jobs.try_into().unwrap());
        let steps = walk(&pipeline).others.into_iter();
        let example =
            |step: &Yaml| Example { place: block.place.clone(), inputs: inputs(step, &block.place), jobs };
        steps.map(|(_, step)| example(step)).collect::<Vec<_>>()
    });
    examples.collect()
}

fn inputs(step: &Yaml, place: &str) -> BTreeMap<String, String> {
    let text = |value: &Yaml| match value {
        Yaml::String(text) | Yaml::Real(text) => text.clone(),
        Yaml::Boolean(value) => value.to_string(),
        Yaml::Integer(value) => value.to_string(),
        other => panic!("{place}: {other:?} is no value of an input"),
    };
    let given = entries(&step["inputs"], place).into_iter();
    given.map(|(name, value)| (name.to_owned(), text(value))).collect()
}

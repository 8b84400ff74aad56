//! One page: its blocks in order, in a folder of their own.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::blocks::{self, Block, Part};
use crate::recipe::{self, Recipe};

/// Runs a page that has at least so many blocks that are run.
pub(crate) fn run(page: &str, least: usize) {
    whole(Runner::new(page), page, least);
}

/// Runs a page whose recipes stand on the mapping and the usual items of another.
pub(crate) fn run_after(first: &str, page: &str, least: usize) {
    let mut runner = Runner::new(page);
    for part in blocks::parts(&fs::read_to_string(crate::root().join(first)).unwrap()) {
        match part {
            Part::Block(block) if block.word("file") == Some("base/mapping.yaml") || block.word("usual").is_some() => {
                runner.block(&block);
            }
            _ => {}
        }
    }
    runner.blocks = 0;
    whole(runner, page, least);
}

fn whole(mut runner: Runner, page: &str, least: usize) {
    let path = crate::root().join(page);
    let markdown = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{page}: {e}"));
    for part in blocks::parts(&markdown) {
        match part {
            Part::Heading => runner.end_recipe(),
            Part::Block(block) => runner.block(&block),
        }
    }
    runner.end_recipe();
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    if update && !runner.shown.is_empty() {
        fs::write(&path, rewritten(&markdown, &runner.shown)).unwrap();
    }
    if !update {
        runner.wrong.extend(
            runner
                .shown
                .iter()
                .map(|s| format!("{page}:{}: is shown:\n{}is printed:\n{}", s.line, indented(&s.was), indented(&s.is))),
        );
    }
    assert!(runner.wrong.is_empty(), "{}", runner.wrong.join("\n"));
    assert!(runner.blocks >= least, "{page} has {} blocks that are run", runner.blocks);
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        writeln!(out, "    {line}").unwrap();
        out
    })
}

/// A block that shows something else than is printed.
struct Shown {
    line: usize,
    was: String,
    is: String,
}

/// The page with what is printed in place of what it showed.
fn rewritten(markdown: &str, shown: &[Shown]) -> String {
    let mut lines: Vec<String> = markdown.lines().map(str::to_owned).collect();
    for s in shown.iter().rev() {
        lines.splice(s.line..s.line + s.was.lines().count(), s.is.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

struct Runner {
    page: String,
    folder: PathBuf,
    /// Where commands run, below the folder.
    here: PathBuf,
    recipe: Option<Recipe>,
    usual: recipe::Usual,
    recipes: usize,
    blocks: usize,
    shown: Vec<Shown>,
    wrong: Vec<String>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Runner {
    fn new(page: &str) -> Self {
        let name = page.replace(['/', '.'], "-");
        let folder = std::env::temp_dir().join(format!("ifs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        // Pages may extend the packs that there are.
        std::os::unix::fs::symlink(crate::root().join("mappings"), folder.join("mappings")).unwrap();
        Self {
            page: page.to_owned(),
            here: folder.clone(),
            folder,
            recipe: None,
            usual: recipe::Usual::default(),
            recipes: 0,
            blocks: 0,
            shown: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn complain(&mut self, block: &Block, what: &str) {
        self.wrong.push(format!("{}:{}: {what}", self.page, block.line));
    }

    fn block(&mut self, block: &Block) {
        self.blocks += 1;
        let language = block.language.as_str();
        if language == "console" {
            self.console(block);
        } else if let (true, Some(file)) = (language == "diff", block.word("file")) {
            let path = self.folder.join(file);
            match blocks::patched(&fs::read_to_string(&path).unwrap_or_default(), &block.text) {
                Ok(text) => fs::write(path, text).unwrap(),
                Err(why) => self.complain(block, &why),
            }
        } else if let Some(file) = block.word("file") {
            self.write(file, &block.bytes());
        } else if let Some(file) = block.word("add") {
            let mut bytes = fs::read(self.folder.join(file)).unwrap_or_default();
            bytes.extend(block.bytes());
            self.write(file, &bytes);
        } else if let Some(base) = block.word("over") {
            self.end_recipe();
            self.recipes += 1;
            let mut recipe = Recipe::begin(self.recipes, block, base);
            self.write(&recipe.file, recipe.mapping.as_bytes());
            let (_, printed) = self.ifs(&["check", &recipe.file]);
            if let Err(why) = recipe.checked(&printed) {
                self.complain(block, &why);
            }
            recipe.printed = printed;
            self.recipe = Some(recipe);
        } else if block.word("says").is_some() {
            let printed = self.recipe.as_ref().map(|r| r.printed.clone()).unwrap_or_default();
            self.compare(block, &printed);
        } else if let Some(operation) = block.word("usual") {
            self.usual.insert(operation, &block.text);
        } else if ["call", "identity", "request", "answer", "problem"].iter().any(|w| block.word(w).is_some()) {
            match &mut self.recipe {
                Some(recipe) => recipe.add(block, &self.usual),
                None => self.complain(block, "there is no mapping before it"),
            }
        } else if language == "text" {
            self.blocks -= 1;
        } else {
            self.complain(block, "the block is not tested");
        }
    }

    fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn compare(&mut self, block: &Block, printed: &str) {
        if !blocks::fits(&block.text, printed) {
            let is = printed.trim_end().to_owned();
            self.shown.push(Shown { line: block.line, was: block.text.clone(), is });
        }
    }

    /// Runs the test of a recipe that shows answers.
    fn end_recipe(&mut self) {
        let Some(recipe) = self.recipe.take() else { return };
        let tests = recipe.tests();
        if tests.is_empty() {
            return;
        }
        for (file, bytes) in &recipe.files {
            self.write(file, bytes);
        }
        for (file, text) in &tests {
            self.write(file, text.as_bytes());
        }
        let (well, printed) = self.ifs(&["test", &recipe.folder]);
        if !well {
            self.wrong.push(format!("{}:{}: the recipe fails:\n{}", self.page, recipe.line, indented(&printed)));
        }
    }

    fn console(&mut self, block: &Block) {
        let mut printed = String::new();
        for line in block.text.lines() {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            writeln!(printed, "{line}").unwrap();
            let words: Vec<&str> = command.split_whitespace().take_while(|w| !w.starts_with('#')).collect();
            match words[..] {
                ["cd", folder] => self.here = self.here.join(folder),
                ["ifs", ref arguments @ ..] => printed.push_str(&self.ifs(arguments).1),
                _ => self.complain(block, &format!("cannot run `{command}`")),
            }
        }
        self.compare(block, &printed);
    }

    /// Whether the command ended well, and what it printed: first its errors.
    fn ifs(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_ifs")).args(arguments).current_dir(&self.here).output().unwrap();
        let mut printed = String::from_utf8(output.stderr).unwrap();
        printed.push_str(&String::from_utf8(output.stdout).unwrap());
        (output.status.success(), printed)
    }
}

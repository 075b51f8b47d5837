// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"context"
	"fmt"

	"dpt/dptlib/fetch"
	"dpt/superglue"
)

// fetchCmd downloads. Bars go to standard error and the folder to standard output, for --model $(dpt fetch model
// t5-small).
type fetchCmd struct {
	Superglue fetchSuperGLUE `cmd:"" help:"Download SuperGLUE's official archives into the user's cache, where --data finds them."`
	Model     fetchModel     `cmd:"" help:"Download a T5 from HuggingFace into the cache of the Python tools, where --model finds it."`
}

func (*fetchCmd) resumes() {}

type fetchSuperGLUE struct {
	Tasks  []string `arg:"" optional:"" help:"Tasks to fetch: boolq, cb, copa, multirc, record, wic, wsc, rte; all eight (58 MB, of which ReCoRD 52) if none is named."`
	Mirror string   `placeholder:"URL" help:"Address that has BoolQ.zip and so on, instead of the official one. What arrives is verified in any case."`
}

func (c *fetchSuperGLUE) Help() string {
	return "Archives are checked against the SHA-256 of the official release and unpacked whole or not at all. " +
		"A download that breaks off goes on where it was when the command is run again; what is there is not fetched " +
		"again."
}

func (c *fetchSuperGLUE) Run(ctx context.Context, s streams) error {
	tasks, err := lookup(c.Tasks)
	if err != nil {
		return err
	}
	client := &fetch.Client{Log: s.progress, Mirror: c.Mirror}
	var dir string
	for _, task := range tasks {
		if task.Archive().SHA256 == "" {
			return fmt.Errorf("%s is not SuperGLUE's and has no archive: name its folder with --data", task.Name)
		}
		if dir, err = client.SuperGLUE(ctx, task.Archive()); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.out, dir)
	return nil
}

type fetchModel struct {
	Name     string `arg:"" help:"t5-small, t5-base or t5-large (version 1.0, by google-t5), or ORG/NAME of any T5 with safetensors weights."`
	Revision string `placeholder:"REV" help:"Branch, tag or commit; main if not given. A commit pins the files for good."`
}

func (c *fetchModel) Help() string {
	return "Files are those of one commit, checked against the hashes that the server names, and stored as the " +
		"Python tools store them: what either has fetched, the other finds. HF_HOME, HF_HUB_CACHE, HF_TOKEN, " +
		"HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean there. A download that breaks off goes on where it was " +
		"when the command is run again."
}

func (c *fetchModel) Run(ctx context.Context, s streams) error {
	dir, err := (&fetch.Client{Log: s.progress}).Model(ctx, c.Name, c.Revision)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, dir)
	return nil
}

// lookup returns tasks by name; no names are all tasks.
func lookup(names []string) (tasks []superglue.Task, err error) {
	if len(names) == 0 {
		return superglue.All(), nil
	}
	for _, name := range names {
		task, err := superglue.Lookup(name)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

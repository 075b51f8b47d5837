// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"dpt/dptlib"
	"dpt/superglue"
)

type importCmd struct {
	Adapter string `arg:"" type:"existingdir" help:"Folder with adapter_config.json and adapter_model.safetensors, as PEFT's prompt tuning of a T5 saves them."`
	Out     string `required:"" type:"path" placeholder:"FILE" help:"Where the prompt goes, for --prompt of eval and predict."`
	Task    string `help:"SuperGLUE task that it was trained on; predict then needs none."`
	Format  string `help:"Text format that it was trained on: dpt, dpt-oct or t5."`
}

func (c *importCmd) Run() error {
	prompt, err := dptlib.ImportPEFT(c.Adapter)
	if err != nil {
		return err
	}
	if c.Task != "" {
		task, err := superglue.Lookup(c.Task)
		if err != nil {
			return err
		}
		prompt.Metadata["task"] = task.Name
	}
	if c.Format != "" {
		format, err := superglue.ParseFormat(c.Format)
		if err != nil {
			return err
		}
		prompt.Metadata["text_format"] = format.String()
	}
	if err := prompt.Write(c.Out, prompt.Metadata); err != nil {
		return err
	}
	fmt.Printf("%s: a prompt of %d vectors of width %d\n", c.Out, prompt.Length, prompt.Width)
	return nil
}

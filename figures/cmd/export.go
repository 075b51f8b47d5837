// SPDX-License-Identifier: Apache-2.0

package cmd

import (
	"fmt"

	"dpt/dptlib/runs"
)

type exportCmd struct {
	Prompt string `arg:"" type:"existingfile" help:"Prompt that train wrote."`
	PEFT   string `name:"peft" required:"" type:"path" placeholder:"DIR" help:"New or empty folder for the adapter: adapter_config.json and adapter_model.safetensors, which PeftModel.from_pretrained loads over a T5ForConditionalGeneration."`
	Base   string `placeholder:"NAME" help:"Name or folder of the T5 that the prompt is for, as PEFT's AutoPeftModel looks for it; the adapter names none without it."`
}

// Run writes the adapter.
func (c *exportCmd) Run(s streams) error {
	trained, err := runs.LoadPrompt(c.Prompt)
	if err != nil {
		return err
	}
	if err := trained.ExportPEFT(c.PEFT, c.Base); err != nil {
		return err
	}
	if trained.Length > 0 {
		fmt.Fprintf(s.out, "%s: %d virtual tokens of width %d\n", c.PEFT, trained.Length, trained.Width)
	} else {
		fmt.Fprintf(s.out, "%s: %s\n", c.PEFT, trained.Method.Name())
	}
	return nil
}

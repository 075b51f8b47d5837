// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"dpt/dptlib"
)

type exportCmd struct {
	Prompt string `arg:"" type:"existingfile" help:"Prompt that train wrote."`
	PEFT   string `name:"peft" required:"" type:"path" placeholder:"DIR" help:"New or empty folder for the adapter: adapter_config.json and adapter_model.safetensors, which PeftModel.from_pretrained loads over a T5ForConditionalGeneration."`
	Base   string `placeholder:"NAME" help:"Name or folder of the T5 that the prompt is for, as PEFT's AutoPeftModel looks for it; the adapter names none without it."`
}

func (c *exportCmd) Run() error {
	prompt, err := dptlib.LoadPrompt(c.Prompt)
	if err != nil {
		return err
	}
	if err := prompt.ExportPEFT(c.PEFT, c.Base); err != nil {
		return err
	}
	fmt.Printf("%s: %d virtual tokens of width %d\n", c.PEFT, prompt.Length, prompt.Width)
	return nil
}

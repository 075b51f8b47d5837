// SPDX-License-Identifier: Apache-2.0

package pip_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"dpt/dptlib/pip"
)

// A folder of wheels, named from the working folder, is what pip is told of wherever it runs; the folder to install in
// is not the user's to choose. It prints "wheels are sought in this folder: true", and needs a Python with pip.
func Example() {
	for _, v := range [][2]string{{"PIP_CONFIG_FILE", os.DevNull}, {"PIP_FIND_LINKS", "."}, {"PIP_TARGET", "x"}} {
		os.Setenv(v[0], v[1])
		defer os.Unsetenv(v[0])
	}
	settings, err := pip.Settings(exec.Command("python3", "-I", "-m", "pip", "config", "list"))
	if err != nil {
		panic(err)
	}
	here, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for _, setting := range settings {
		switch name, value, _ := strings.Cut(setting, "="); name {
		case "PIP_FIND_LINKS":
			fmt.Println("wheels are sought in this folder:", value == here)
		case "PIP_TARGET":
			fmt.Println("packages would go to", value)
		}
	}
}

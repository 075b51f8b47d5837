// SPDX-License-Identifier: Apache-2.0

package pip_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"dpt/dptlib/pip"
)

// A folder of wheels, named from the working folder, is what pip is told of wherever it runs; the folder to install in
// is not the user's to choose.
func Example() {
	os.Setenv("PIP_CONFIG_FILE", os.DevNull)
	os.Setenv("PIP_FIND_LINKS", ".")
	os.Setenv("PIP_TARGET", "elsewhere")
	settings, err := pip.Settings(exec.Command("python3", "-I", "-m", "pip", "config", "list"))
	if err != nil {
		panic(err)
	}
	here, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for _, setting := range settings {
		switch setting {
		case "PIP_FIND_LINKS=" + here, "PIP_TARGET=elsewhere":
			fmt.Println(filepath.Base(setting))
		}
	}
	// Output: pip
}

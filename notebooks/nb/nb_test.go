// SPDX-License-Identifier: Apache-2.0

package nb_test

import (
	"fmt"
	"os"

	"dpt/notebooks/nb"
)

func ExampleInt() {
	os.Setenv("DPT_EPOCHS", "5")
	defer os.Unsetenv("DPT_EPOCHS")
	fmt.Println(nb.Int("DPT_EPOCHS", 20), nb.Int("DPT_NOT_SET", 42))
	// Output: 5 42
}

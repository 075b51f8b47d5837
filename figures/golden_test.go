// SPDX-License-Identifier: Apache-2.0

package figures

// ComparedPicture is for the examples' test, which is outside the package as the examples are.
var ComparedPicture = comparedPicture

// Stands for a plugin whose code is a package beside the messages' own: it writes down its options.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	options := strings.Join(texts(request, 2), "")
	for _, name := range texts(request, 1) {
		folder := strings.TrimSuffix(name, ".proto") + "fast"
		content := fmt.Sprintf("package fast\n\n// Options: %s\n", options)
		file := text(1, folder+"/fast.go") + text(15, content)
		os.Stdout.WriteString(text(15, file))
	}
}

// texts gives the values of a field of a message whose fields are length-delimited.
func texts(message []byte, number uint64) (found []string) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		length, m := binary.Uvarint(message[n:])
		message = message[n+m:]
		if tag>>3 == number {
			found = append(found, string(message[:length]))
		}
		message = message[length:]
	}
	return found
}

// text is a length-delimited field.
func text(number uint64, value string) string {
	head := binary.AppendUvarint(nil, number<<3|2)
	return string(binary.AppendUvarint(head, uint64(len(value)))) + value
}

// A plugin that attacks, in Go. Its option is that of the others.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var done []string

func try(what string, err error) {
	if err == nil {
		done = append(done, what)
	}
}

func main() {
	input, _ := io.ReadAll(os.Stdin)
	found := regexp.MustCompile(`targets:(\d+):(\d+):([^:]+):([^:]+):([^:]+):`).FindSubmatch(input)
	if found == nil {
		os.Exit(3)
	}
	file, folder, bound := string(found[3]), string(found[4]), string(found[5])
	for _, text := range found[1:3] {
		pid, _ := strconv.Atoi(string(text))
		try("kill", syscall.Kill(pid, syscall.SIGSTOP))
		try("setpriority", syscall.Setpriority(syscall.PRIO_PROCESS, pid, 19))
		_, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		try("environ", err)
		process, _ := os.FindProcess(pid)
		try("signal", process.Signal(syscall.Signal(0)))
	}
	try("chmod", os.Chmod(file, 0))
	try("chown", os.Chown(file, os.Getuid(), os.Getgid()))
	try("chtimes", os.Chtimes(file, time.Now(), time.Now()))
	try("truncate", os.Truncate(file, 0))
	try("remove", os.Remove(file))
	_, err := os.ReadFile(file)
	try("read", err)
	_, err = os.ReadDir(folder)
	try("list", err)
	_, err = net.Dial("unixgram", bound)
	try("unixgram", err)
	_, err = net.Dial("udp", "127.0.0.1:9")
	try("udp", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	try("listen", err)
	_, err = syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0)
	try("socketpair", err)
	try("exec", exec.Command("/bin/true").Run())
	try("write", os.WriteFile("own", nil, 0o600))
	try("unshare", syscall.Unshare(syscall.CLONE_NEWUSER))
	// What Go's scheduler does: threads that are interrupted by signals.
	ended := make(chan bool)
	for range 8 {
		go func() {
			for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
			}
			ended <- true
		}()
	}
	for range 8 {
		<-ended
	}
	runtime.GC()
	if len(done) > 0 {
		fmt.Fprintln(os.Stderr, "succeeded:", strings.Join(done, ", "))
		os.Exit(9)
	}
}

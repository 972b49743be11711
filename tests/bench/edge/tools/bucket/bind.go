package main

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// R2 takes about one write a second on one key and refuses others.
const betweenWrites = time.Second

// R2 lists as many objects at once.
const largestPage = 1000

// Asks a list for the custom metadata of its objects.
const includeCustom = 1

// What R2 says when it refuses: status, number and words.
type refusal struct {
	status, code int
	message      string
}

var (
	missing   = refusal{404, 10007, "The specified key does not exist."}
	unmet     = refusal{412, 10031, "At least one of the pre-conditions you specified did not hold."}
	mismatch  = refusal{400, 10037, "The SHA-512 checksum you specified did not match what we received."}
	contended = refusal{429, 10058, "Reduce your concurrent request rate for the same object."}
	malformed = refusal{400, 10001, "The stand-in cannot read this request."}
)

// A number that the runtime writes as text.
type number int64

func (n *number) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = number(value)
	return err
}

type span struct{ Offset, Length, Suffix *number }

type etagCondition struct{ Type, Value string }

type condition struct{ EtagMatches, EtagDoesNotMatch []etagCondition }

// What the runtime asks of a bucket, as its binding writes it.
type request struct {
	Method, Object     string
	Objects            []string
	Range              *span
	OnlyIf             *condition
	CustomFields       []field
	HttpFields         json.RawMessage
	Sha512             string
	Limit              int
	Prefix, StartAfter string
	Cursor             string
	Include            []int
}

func names(conditions []etagCondition, etag string) bool {
	for _, c := range conditions {
		if c.Type == "wildcard" || c.Value == etag {
			return true
		}
	}
	return false
}

// holds says whether an object, nil if it is missing, is as the request wants it.
func (c *condition) holds(o *object) bool {
	switch {
	case c == nil:
		return true
	case o == nil:
		return c.EtagMatches == nil
	default:
		return (c.EtagMatches == nil || names(c.EtagMatches, o.etag)) &&
			(c.EtagDoesNotMatch == nil || !names(c.EtagDoesNotMatch, o.etag))
	}
}

// The whole stand-in.
type bucket struct {
	store   store
	counted counts
}

func refuse(w http.ResponseWriter, why refusal, o *object) {
	w.Header().Set("cf-r2-error", fmt.Sprintf(`{"version":1,"v4code":%d,"message":%q}`, why.code, why.message))
	metadata := ""
	if o != nil {
		metadata = o.full + "}"
	}
	send(w, why.status, metadata, nil)
}

// send writes metadata and what follows it; the runtime is told where the one ends.
func send(w http.ResponseWriter, status int, metadata string, body []byte) {
	header := w.Header()
	if metadata != "" {
		header.Set("cf-r2-metadata-size", strconv.Itoa(len(metadata)))
		header.Set("Content-Type", "application/json")
	}
	header.Set("Content-Length", strconv.Itoa(len(metadata)+len(body)))
	w.WriteHeader(status)
	// A runtime that went away is no trouble of ours.
	_, _ = io.WriteString(w, metadata)
	_, _ = w.Write(body)
}

func (b *bucket) write(w http.ResponseWriter, r *http.Request) {
	all, err := io.ReadAll(r.Body)
	size, wrong := strconv.Atoi(r.Header.Get("cf-r2-metadata-size"))
	var q request
	if err != nil || wrong != nil || size > len(all) || json.Unmarshal(all[:size], &q) != nil {
		refuse(w, malformed, nil)
		return
	}
	b.counted.add(&q)
	switch q.Method {
	case "put":
		b.put(w, &q, all[size:])
	case "delete":
		b.store.Lock()
		defer b.store.Unlock()
		for _, key := range append(q.Objects, q.Object) {
			b.store.remove(key)
		}
		w.WriteHeader(http.StatusOK)
	default:
		refuse(w, malformed, nil)
	}
}

func (b *bucket) put(w http.ResponseWriter, q *request, body []byte) {
	if q.Sha512 != "" {
		if sum := sha512.Sum512(body); !strings.EqualFold(hex.EncodeToString(sum[:]), q.Sha512) {
			refuse(w, mismatch, nil)
			return
		}
	}
	o := newObject(upload{q.Object, q.HttpFields, q.CustomFields, strings.ToLower(q.Sha512), body})
	b.store.Lock()
	defer b.store.Unlock()
	old := b.store.objects[q.Object]
	if !q.OnlyIf.holds(old) {
		refuse(w, unmet, old)
		return
	}
	if old != nil && o.written.Sub(old.written) < betweenWrites {
		b.counted.refuse()
		refuse(w, contended, nil)
		return
	}
	b.store.put(o)
	send(w, http.StatusOK, o.full+"}", nil)
}

func (b *bucket) read(w http.ResponseWriter, r *http.Request) {
	var q request
	if json.Unmarshal([]byte(r.Header.Get("cf-r2-request")), &q) != nil {
		refuse(w, malformed, nil)
		return
	}
	b.counted.add(&q)
	if q.Method == "list" {
		send(w, http.StatusOK, b.list(&q), nil)
		return
	}
	b.store.RLock()
	o := b.store.objects[q.Object]
	b.store.RUnlock()
	switch {
	case o == nil:
		refuse(w, missing, nil)
	case q.Method == "head":
		send(w, http.StatusOK, o.full+"}", nil)
	case q.Method != "get":
		refuse(w, malformed, nil)
	case !q.OnlyIf.holds(o):
		refuse(w, unmet, o)
	case q.Range != nil:
		start, length := q.Range.of(int64(len(o.body)))
		metadata := fmt.Sprintf(`%s,"range":{"offset":"%d","length":"%d"}}`, o.full, start, length)
		send(w, http.StatusOK, metadata, o.body[start:start+length])
	default:
		send(w, http.StatusOK, o.full+"}", o.body)
	}
}

// of gives where a range of so many bytes begins and how long it is.
func (s *span) of(size int64) (start, length int64) {
	if s.Suffix != nil {
		length = min(int64(*s.Suffix), size)
		return size - length, length
	}
	if s.Offset != nil {
		start = min(int64(*s.Offset), size)
	}
	length = size - start
	if s.Length != nil {
		length = min(length, int64(*s.Length))
	}
	return start, length
}

func (b *bucket) list(q *request) string {
	limit := q.Limit
	if limit == 0 || limit > largestPage {
		limit = largestPage
	}
	custom := false
	for _, include := range q.Include {
		custom = custom || include == includeCustom
	}
	b.store.Lock()
	defer b.store.Unlock()
	keys, more := b.store.below(q.Prefix, max(q.StartAfter, q.Cursor), limit)
	listed := make([]string, len(keys))
	for place, key := range keys {
		o := b.store.objects[key]
		listed[place] = o.plain + "}"
		if custom {
			listed[place] = o.full + "}"
		}
	}
	text := `{"objects":[` + strings.Join(listed, ",") + `],"delimitedPrefixes":[],"truncated":` + strconv.FormatBool(more)
	if more {
		cursor, err := json.Marshal(keys[len(keys)-1])
		if err != nil {
			panic(err)
		}
		text += `,"cursor":` + string(cursor)
	}
	return text + "}"
}

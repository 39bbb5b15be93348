# Writes a git fast-import stream: `commits` commits on main, each editing `edits` of `files` files of `lines` lines
# in place; a tag every `tagged` commits, a branch every `branched`. The versions of a file follow each other, since
# fast-import takes the blob before as the base of a delta: its pack has real delta chains without a repack.
# A line is a piece of a long random text, the same for the same `seed`, so that packs cannot get small by compression.
# Usage: LC_ALL=C awk -f history.awk -v commits=3000 | git fast-import

function setting(value, default_value) { return value == "" ? default_value : value }

function random(limit) { return int(rand() * limit) }

function new_line() { return substr(pool, random(length(pool) - 50) + 1, 50) "\n" }

function text(    i, all, part, block) {
    all = ""
    for (block = 0; block * 50 < lines; block++) {
        part = ""
        for (i = block * 50; i < lines && i < block * 50 + 50; i++) part = part content[i]
        all = all part
    }
    return all
}

function blob(mark,    data) {
    data = text()
    printf "blob\nmark :%d\ndata %d\n%s\n", mark, length(data), data
}

# Commits have the marks up to `commits`, then come the first versions of the files, then the edits.
function first_version(file) { return commits + 1 + file }

function edited_version(number, edit) { return commits + files + number * edits + edit }

# All versions of one file, in the order of the commits that make them.
function versions(file,    i, first, count, marks, edit) {
    for (i = 0; i < lines; i++) content[i] = new_line()
    blob(first_version(file))
    count = split(history[file], marks, " ")
    for (edit = 1; edit <= count; edit++) {
        first = random(lines)
        for (i = 0; i < changed; i++) content[(first + i) % lines] = new_line()
        blob(marks[edit])
    }
}

function put(file, mark) {
    printf "M 100644 :%d src/part%02d/module%02d/file%04d.txt\n", mark, file % 17, file % 59, file
}

function commit(number, message) {
    printf "commit refs/heads/main\nmark :%d\ncommitter A U Thor <author@example.com> %d +0000\ndata %d\n%s\n",
        number, 1500000000 + number * 600, length(message), message
}

BEGIN {
    commits = setting(commits, 3000); files = setting(files, 60); lines = setting(lines, 60)
    edits = setting(edits, 2); changed = setting(changed, 4)
    tagged = setting(tagged, 100); branched = setting(branched, 250)
    srand(setting(seed, 1))
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    for (i = 0; i < 1000; i++) {
        part = ""
        for (j = 0; j < 1000; j++) part = part substr(letters, random(64) + 1, 1)
        pool = pool part
    }

    for (number = 2; number <= commits; number++)
        for (edit = 0; edit < edits; edit++) {
            file = random(files)
            edited[number, edit] = file
            history[file] = history[file] " " edited_version(number, edit)
        }
    for (file = 0; file < files; file++) versions(file)

    commit(1, "Start")
    for (file = 0; file < files; file++) put(file, first_version(file))
    for (number = 2; number <= commits; number++) {
        commit(number, "Change " number)
        for (edit = 0; edit < edits; edit++) put(edited[number, edit], edited_version(number, edit))
        if (number % tagged == 0)
            printf "tag v%d\nfrom :%d\ntagger A U Thor <author@example.com> %d +0000\ndata 8\nRelease\n\n", number, number, 1500000000 + number * 600
        if (number % branched == 0) printf "reset refs/heads/topic/%d\nfrom :%d\n\n", number, number - 7
    }
}

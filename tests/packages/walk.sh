#!/usr/bin/env bash
# walk.sh STAGE PACKAGE README LOCALE: the first five minutes, as the README has them, on a system of its own with
# Debian's sshd: the five lines are typed, the questions of setup are answered on a terminal, a client is
# refused and becomes a mail, the change is undone, and tcpw leaves without a trace. Runs as root of its own
# mount, network and process namespaces; STAGE is an empty directory. Every line that starts with "walk: " was
# checked. With TCPW_SCREENS the screens are kept in that folder.
set -eu
stage=$1
package=$2
readme=$3
locale=$4
here=$(dirname "$(readlink -f "$0")")
. "$here/layer.sh"
# What ends the script without a word of its own says where.
set -E
trap 'printf "FAILED: line %s: %s\n" "$LINENO" "$BASH_COMMAND"' ERR
friend=10.1.2.3        # the session that all is typed in
stranger=192.0.2.66    # on no list
server=192.0.2.1
ssh_port=2222
mail_port=2525

await() {
    local tries=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
listening() { ss -ltn | grep -q ":$1 "; }

# --- the terminal
terminal() { TMUX_TMPDIR=$stage tmux -u -L walk -f /dev/null "$@"; }
screen() { terminal capture-pane -J -p -S - -t walk; }
# A question may take two lines.
last_line() { screen | sed '/^ *$/d; s/ *$//' | tail -n 2 | tr '\n' ' '; }
says() { last_line | grep -qF -- "$1"; }
has() { screen | grep -qF -- "$1"; }
start_terminal() {
    terminal new-session -d -s walk -x 80 -y 50 \
        "chroot $root /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=screen HOME=/root LC_ALL=$locale \
        SSH_CONNECTION='$friend 50022 $server 22' PS1='# ' bash --norc --noprofile"
    await 10 says '#' || fail "no shell"
}
# The screen as text and, for pictures, with its colours and without what only the script typed.
keep_screen() {
    screen >"$TCPW_SCREENS/$locale-$1.txt"
    terminal capture-pane -e -p -S - -t walk | sed -E -e "s/; echo 'ended [0-9]+ with '.*//" -e '/^(.\[[0-9;]*m)*ended [0-9]+ with /d' \
        >"$TCPW_SCREENS/$locale-$1.ansi"
}
# Waits for a question, whose text is $1, and types the answer.
answer() {
    await 60 says "$1" || {
        screen
        fail "it does not ask: $1"
    }
    terminal send-keys -t walk -l -- "$2"
    terminal send-keys -t walk Enter
}
# Types a line for the shell, which says by the line's number when it is done: the end of the one before may
# still be on the screen.
number=0
typed() {
    number=$((number + 1))
    terminal send-keys -t walk -l -- "$1; echo 'ended $number with '\$?"
    terminal send-keys -t walk Enter
}
cleared() {
    terminal clear-history -t walk
    ! has "ended $number with"
}
ended() {
    await 60 has "ended $number with $1" || {
        screen
        fail "it did not end with $1"
    }
    if [ -n "${TCPW_SCREENS:-}" ]; then keep_screen "$2"; fi
    screen >"$stage/said"
    terminal send-keys -t walk -l -- clear
    terminal send-keys -t walk Enter
    await 60 cleared || fail "the screen is not cleared"
}

# --- the mail server and sshd, as on a machine where tcpw is not yet
certificates() {
    cd "$stage"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 \
        -subj '/CN=test authority' -addext basicConstraints=critical,CA:TRUE
    openssl req -newkey rsa:2048 -nodes -keyout mail.key -out mail.csr -subj /CN=localhost
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >mail.ext
    openssl x509 -req -in mail.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile mail.ext -out mail.pem
    cat ca.pem >>"$root/etc/ssl/certs/ca-certificates.crt"
    cd /
} >>"$stage/openssl.log" 2>&1
start_servers() {
    for address in $friend $stranger $server; do ip address add "$address/32" dev lo; done
    mkdir "$stage/inbox"
    /usr/bin/python3 "$here/../sshd/mailbox.py" $mail_port "$stage/mail.pem" "$stage/mail.key" alarm s3cret \
        "$stage/inbox" >"$stage/mail.log" 2>&1 &
    mkdir -p -m 755 "$root/run/sshd"
    ssh-keygen -q -t ed25519 -N '' -f "$root/run/hostkey"
    printf 'Port %s\nListenAddress %s\nHostKey /run/hostkey\nPidFile none\nUsePAM no\nUseDNS no\n' \
        "$ssh_port" "$server" >"$root/run/sshd_config"
    inside /usr/sbin/sshd -D -e -f /run/sshd_config 2>"$stage/sshd.log" &
    # Its lines are what delivers, on a machine without systemd.
    inside /usr/sbin/cron -f >/dev/null 2>&1 &
    await 20 listening $ssh_port || fail "sshd does not listen"
    await 20 listening $mail_port || fail "the mail server does not listen"
}
visit() {
    /usr/bin/python3 - "$1" <<-END
	import socket, sys
	visit = socket.socket()
	visit.settimeout(20)
	visit.bind((sys.argv[1], 0))
	visit.connect(("$server", $ssh_port))
	try:
	    print("in" if visit.recv(200).startswith(b"SSH-2.0") else "refused")
	except ConnectionResetError:
	    print("refused")
	END
}
client_is() {
    local got
    got=$(visit "$1")
    [ "$got" = "$2" ] || fail "$1 is $got, not $2"
}
mail_about() {
    /usr/bin/python3 - "$1" "$stage"/inbox/*.mail <<-'END'
	import email, email.policy, sys
	for name in sys.argv[2:]:
	    raw = open(name, "rb").read().split(b"\n\n", 1)[1]
	    mail = email.message_from_bytes(raw, policy=email.policy.default)
	    text = "".join(part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain")
	    if sys.argv[1] in text:
	        print(name)
	        print(mail["Subject"], text, sep="\n")
	        sys.exit(0)
	sys.exit(1)
	END
}

# --- the lines of the README
readarray -t lines < <(awk '/^```/ { if (inside) exit; if ($0 == "```sh") inside = 1; next } inside' "$readme" |
    sed -e 's/ *#.*//' -e 's/^sudo //')
[ "${#lines[@]}" = 5 ] || fail "the README has ${#lines[@]} lines to begin with"
[ "${lines[0]}" = "apt install ./$(basename "$package")" ] || fail "the first line is not about this package: ${lines[0]}"

# The questions of setup, by its texts.
case $locale in
ko*)
    who='누구의 접속을' services='어느 서비스에' way='메일을 어떻게' name='메일 서버 이름' protection='암호화 방식'
    login='메일 서버의 사용자 이름' password='비밀번호 (' sender='보내는 사람' recipients='경보를 누가' copies='참조(Cc)'
    subject='제목 (' attachment='첨부할 파일' schedule='누가 할까요' make_it='이대로 바꿀까요' yes='예'
    only='만 들어올 수 있고'
    ;;
*)
    who='Who may connect?' services='To which services?' way='How does mail' name='name:port' protection='Its protection'
    login='The user name there' password='The password' sender='The sender' recipients='Who gets alerts'
    copies='Who gets a copy' subject='The subject' attachment='A file to attach' schedule='systemd, cron or none'
    make_it='Make these changes?' yes='yes' only='After this only'
    ;;
esac

make_system
certificates || fail "no certificates: $(cat "$stage/openssl.log")"
changed >"$stage/before"
tables_before=$(cat "$root/etc/hosts.allow" "$root/etc/hosts.deny")
start_servers
start_terminal
client_is $stranger in

cp "$package" "$root/tmp/"
typed "cd /tmp && ${lines[0]}"
ended 0 install
client_is $stranger in
typed "${lines[1]}"
ended 0 demo

typed "${lines[2]}"
answer "$who" '10.1.0.0/16, 10.2.0.0/16 192.0.2.7'
answer "$services" 'sshd'
answer "$way" 'smtp'
answer "$name" "localhost:$mail_port"
answer "$protection" 'starttls'
answer "$login" 'alarm'
answer "$password" 's3cret'
answer "$recipients" 'admin@example.org'
answer "$sender" 'tcpw@server.example.org'
answer "$copies" ''
answer "$subject" ''
answer "$attachment" ''
answer "$schedule" 'cron'
await 60 says "$make_it" || fail "it does not ask whether to do it"
screen >"$stage/shown"
grep -qF "$only" "$stage/shown" || fail "it does not say who gets in: $(cat "$stage/shown")"
grep -q s3cret "$stage/shown" && fail "the password is on the screen"
answer "$make_it" "$yes"
ended 0 setup
client_is $friend in
client_is $stranger refused
mode=$(inside stat -c '%a' /etc/tcpw.password)
case $mode in 600 | 640) ;; *) fail "the password is $mode" ;; esac
say "walk: $locale: installed, and setup closes the server by what is typed: $stranger is refused, $friend is not"

await 60 mail_about $stranger || fail "no mail about $stranger: $(cat "$stage/mail.log")"
mail_about $stranger >"$stage/mail.txt"
if [ -n "${TCPW_SCREENS:-}" ]; then cp "$stage/mail.txt" "$TCPW_SCREENS/$locale-mail.txt"; fi
say "walk: $locale: the mail about $stranger has come: $(sed -n 2p "$stage/mail.txt")"

typed "${lines[3]}"
ended 0 status
grep -qF "$stranger" "$stage/said" || fail "status does not know who was refused: $(cat "$stage/said")"
say "walk: $locale: status says that all is well, and who was refused"
if [ -n "${TCPW_SCREENS:-}" ]; then
    typed 'tcpw doctor'
    ended 0 doctor
fi

typed "${lines[4]}"
ended 0 undo
client_is $stranger in
[ "$(cat "$root/etc/hosts.allow" "$root/etc/hosts.deny")" = "$tables_before" ] || fail "undo did not undo it: $(cat "$root"/etc/hosts.{allow,deny})"
say "walk: $locale: undone: the tables are as they were"

# What was not confirmed cannot be made again; so it is closed once more, step by step.
typed 'tcpw allow 10.1.0.0/16 --daemon sshd && tcpw deny-all && tcpw install-alert'
ended 0 closed
client_is $stranger refused
expect 100 apt-get -qq -y purge tcpw
typed 'tcpw uninstall'
ended 0 uninstall
client_is $friend in
client_is $stranger refused
grep -q tcpw-notify "$root"/etc/hosts.{allow,deny} && fail "a rule calls tcpw"
expect 0 apt-get -qq -y purge tcpw
client_is $friend in
client_is $stranger refused
traces || fail "something is left"
diff "$stage/accounts" <(accounts) || fail "an account is left"
say "walk: $locale: uninstalled and purged: nothing is left of it, and whoever got in gets in"

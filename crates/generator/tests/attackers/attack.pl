#!/usr/bin/perl
# A script that attacks. Its option is that of the others. Scripts may start commands and write in their own folder:
# neither may lead out of it.
use strict;
use warnings;
use Fcntl;
use Socket;

my $input = do { local $/; <STDIN> };
my ($first, $second, $file, $folder, $socket) =
  $input =~ /targets:(\d+):(\d+):([^:]+):([^:]+):([^:]+):/ or die "no targets";
my @done;
sub succeeded { push @done, $_[0] }

for my $pid ($first, $second) {
  kill('STOP', $pid) and succeeded("kill $pid");
  kill(0, $pid) and succeeded("kill 0 $pid");
  setpriority(0, $pid, 19) and succeeded("setpriority $pid");
  for my $path (map { "/proc/$pid/$_" } qw(environ mem maps cwd/. root/. fd/0 comm oom_score_adj)) {
    open(my $it, '<', $path) and succeeded("read $path");
    open($it, '+<', $path) and succeeded("write $path");
  }
}
truncate($file, 0) and succeeded('truncate');
chmod(0, $file) and succeeded('chmod');
chown($>, $), $file) and succeeded('chown');
utime(undef, undef, $file) and succeeded('utime');
unlink($file) and succeeded('unlink');
open(my $it, '<', $file) and succeeded('read');
opendir(my $list, $folder) and succeeded('list');
symlink('/', 'out') and succeeded('symlink');
link($file, 'hard') and succeeded('link');
socket(my $inet, AF_INET, SOCK_STREAM, 0) and succeeded('socket');
socketpair(my $one, my $two, AF_UNIX, SOCK_DGRAM, 0) and succeeded('socketpair');
system("chmod 700 . 2>/dev/null") == 0 and succeeded('chmod of its folder');
system("kill -STOP $first 2>/dev/null") == 0 and succeeded('kill by a command');
system("unshare -U true 2>/dev/null") == 0 and succeeded('unshare');
system("setsid true 2>/dev/null") == 0 and succeeded('setsid');
system("mkfifo fifo 2>/dev/null") == 0 and succeeded('mkfifo');
system("nice -n 5 true 2>/dev/null");
system("renice 5 $first >/dev/null 2>&1") == 0 and succeeded('renice');
system("prlimit --pid $first --nofile=0:0 2>/dev/null") == 0 and succeeded('prlimit');
# What a script needs.
open($it, '>', 'own') or succeeded('(its own folder is refused)');
print $it "x";
close $it;
`cat own | tr x y` eq 'y' or succeeded('(a pipeline is refused)');
mkdir('sub') && rename('own', 'sub2') or succeeded('(names are refused)');
print STDERR 'succeeded: ', join(', ', @done), "\n" if @done;
exit(@done ? 9 : 0);

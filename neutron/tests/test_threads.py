import subprocess
import sys
import textwrap
import unittest

# A process that eventlet has patched, as Neutron's servers are, with a background thread.
PATCHED = textwrap.dedent('''
    import eventlet
    eventlet.monkey_patch()
    from eventlet import patcher
    import sys
    threads, clock = patcher.original('threading'), patcher.original('time')
    from bordergw_neutron import background

    class Syncer:
        ran, by = threads.Event(), []

        def age(self):
            return float('inf')

        def run(self):
            self.by.append(threads.get_ident())
            self.ran.set()

    background.START_SECONDS = background.OWED_SECONDS = 0
    syncer = Syncer()
    under_test = background.Background(syncer, set, 300)
''')


def run(script):
    """Run a script in such a process, and return what it prints."""
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', PATCHED + textwrap.dedent(script)], timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    return done.stdout.strip()


class PatchedTest(unittest.TestCase):

    def test_a_server_with_threads_of_its_own(self):
        """They never look after the green threads that were started in them."""
        self.assertEqual('True True', run('''
            request = threads.Thread(target=under_test.owe)
            request.start()
            request.join()
            print(syncer.ran.wait(20), syncer.by != [request.ident])
        '''))

    def test_requests_in_many_threads_at_once_start_one_thread(self):
        self.assertEqual('1', run('''
            before = threads.Barrier(16)
            seen = []

            def serve():
                before.wait()
                seen.append(under_test.ensure())
            requests = [threads.Thread(target=serve) for _ in range(16)]
            for r in requests:
                r.start()
            for r in requests:
                r.join()
            print(len(set(map(id, seen))))
        '''))

    def test_a_server_of_green_threads(self):
        """What its parts share must not be used by two threads of the system."""
        self.assertEqual('True', run('''
            under_test.ensure(hub=True)
            for _ in range(200):
                if syncer.by:
                    break
                eventlet.sleep(0.1)
            under_test.owe()
            eventlet.sleep(0.5)
            print(set(syncer.by) == {threads.get_ident()})
        '''))

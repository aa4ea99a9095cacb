import { modernModule } from '../pickle/python-meanings.ts';
import { isAllowed } from '../torch/torch-meanings.ts';

/** How much a pickle's name of a class or function is to be feared in programs that run pickles. */
export type Grade = 'safe' | 'unknown' | 'dangerous';

/** A grade and why. */
export interface Graded {
  readonly grade: Grade;
  readonly reason: string;
}

const PROGRAMS = 'can start programs';
const CODE = 'can run Python code';
const FILES = 'can read or write files';
const NETWORK = 'can use the network';
const PICKLES = 'can load another pickle or library';
const REACH = 'reaches for what runs code';

/** Modules (with all below them) and single names that harm, and how. */
const DANGEROUS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    [PROGRAMS]:
      'os posix nt subprocess _posixsubprocess _winapi pty commands popen2 platform asyncio multiprocessing concurrent ' +
      'signal pipes pip ensurepip venv distutils setuptools webbrowser antigravity uuid _osx_support _aix_support ' +
      '_pyrepl _xxsubinterpreters mailcap mlflow torch.multiprocessing torch.distributed torch.utils.collect_env pexpect sh plumbum',
    [CODE]:
      'builtins.eval builtins.exec builtins.execfile builtins.compile builtins.apply builtins.getattr builtins.setattr ' +
      'builtins.delattr builtins.__import__ builtins.reload builtins.globals builtins.locals builtins.vars ' +
      'builtins.breakpoint builtins.map builtins.filter builtins.reduce builtins.type builtins.super builtins.input ' +
      'builtins.raw_input builtins.help builtins.exit builtins.quit sys runpy code codeop pdb bdb cProfile profile ' +
      'timeit trace doctest unittest test importlib imp pkgutil zipimport types inspect ctypes _ctypes cffi numba llvmlite ' +
      'functools operator _operator lib2to3 idlelib pydoc site gc threading _thread readline rlcompleter cmd tkinter ' +
      'turtle sqlite3 torch.fx torch.jit.unsupported_tensor_ops torch._dynamo torch._inductor torch._functorch ' +
      'torch.utils.cpp_extension torch.utils.bottleneck torch.utils.data.datapipes torch.testing torch.ops torch.classes ' +
      'torch.library torch.package numpy.f2py numpy.testing numpy.distutils sympy pandas.eval pandas.core.computation ' +
      'jinja2 mako cloudpickle IPython ast.main logging.config',
    [FILES]:
      'builtins.open builtins.file io _io _pyio shutil tempfile glob fileinput linecache zipfile tarfile mmap logging ' +
      'dbm gzip bz2 lzma configparser netrc numpy.load numpy.save numpy.loadtxt numpy.genfromtxt numpy.fromfile ' +
      'numpy.memmap numpy.lib.npyio numpy.core.records pandas.io torch.save torch.from_file torch.utils._config_module',
    [NETWORK]:
      'socket _socket ssl _ssl http httplib urllib urllib2 urllib3 requests aiohttp httpx ftplib smtplib smtpd telnetlib ' +
      'poplib imaplib nntplib xmlrpc xmlrpclib socketserver paramiko websocket websockets torch.hub huggingface_hub',
    [PICKLES]:
      'pickle _pickle cPickle dill joblib shelve marshal copyreg pandas.read_pickle pandas.io.pickle numpy.ctypeslib ' +
      'torch.load torch.serialization torch.jit torch.storage._load_from_bytes torch.UntypedStorage.from_file',
  }).flatMap(([reason, names]) => names.split(' ').map((name): [string, string] => [name, reason])),
);

/** Names of modules and attributes that mean harm wherever in a path they stand: `torch.os.system`. */
const HARMFUL_PARTS = new Set(
  'os sys posix nt subprocess builtins importlib shutil socket pickle system popen eval exec execfile'.split(' '),
);

/** Storages of quantised tensors: harmless, though their tensors cannot be read here. */
const SAFE_STORAGE = /^torch(?:\.cuda)?\.Q(?:U?Int(?:8|32)|UInt(?:4x2|2x4))Storage$/;

/** How much to fear that a pickle names this class or function. */
export function gradeGlobal(module: string, name: string): Graded {
  const path = `${modernModule(module)}.${name}`;
  if (isAllowed(module, name) || SAFE_STORAGE.test(path)) return { grade: 'safe', reason: 'only makes data' };
  const parts = path.split('.');
  for (let length = 1; length <= parts.length; length++) {
    const reason = DANGEROUS.get(parts.slice(0, length).join('.'));
    if (reason !== undefined) return { grade: 'dangerous', reason };
  }
  if (path.includes('‹')) return { grade: 'dangerous', reason: 'is computed while the pickle runs' };
  if (parts[0] === '__torch__') return { grade: 'unknown', reason: 'is compiled TorchScript' };
  const reaches = parts.some((part) => HARMFUL_PARTS.has(part) || /^__\w+__$/.test(part));
  if (reaches) return { grade: 'dangerous', reason: REACH };
  return { grade: 'unknown', reason: 'is not known to be harmless' };
}

const ORDER: readonly Grade[] = ['safe', 'unknown', 'dangerous'];

/** The worst of several grades; safe for none. */
export function worstGrade(grades: Iterable<Grade>): Grade {
  let worst = 0;
  for (const grade of grades) worst = Math.max(worst, ORDER.indexOf(grade));
  return ORDER[worst]!;
}
